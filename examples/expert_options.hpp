#ifndef TRILITH_EXAMPLES_EXPERT_OPTIONS_HPP
#define TRILITH_EXAMPLES_EXPERT_OPTIONS_HPP

#include <cstdint>
#include <optional>
#include <string>

#include "command_line.hpp"

/// The command line of 33_svf_experts and 34_expert_mixture.
struct expert_line {
  std::string run = "experts";
  std::uint64_t steps = 60, seed = 1;
  std::size_t openings = 256, held_out = 256, tokens = 24, threads = 2;
  std::size_t openings_a_step = 8, responses = 6, rank = 16;
  double rate = 1e-2;
};

inline void add_expert_options(CLI::App& app, expert_line& line) {
  const auto positive = [](CLI::Option* o) {
    o->capture_default_str()->check(CLI::PositiveNumber);
  };
  app.add_option("--run", line.run, "folder of everything that is written")->capture_default_str();
  app.add_option("--steps", line.steps, "updates of an expert")->capture_default_str();
  positive(app.add_option("--openings", line.openings, "beginnings of tales to train with"));
  positive(app.add_option("--held-out", line.held_out, "others to judge by"));
  app.add_option("--tokens", line.tokens, "of a response")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  positive(app.add_option("--openings-a-step", line.openings_a_step));
  app.add_option("--responses", line.responses, "to each opening of a step")
      ->capture_default_str()
      ->check(CLI::Range(2, 64));
  app.add_option("--rank", line.rank, "singular values that are kept beside the trits")
      ->capture_default_str()
      ->check(CLI::Range(1, 320));
  app.add_option("--rate", line.rate)->capture_default_str();
  app.add_option("--seed", line.seed, "of openings and responses")->capture_default_str();
  app.add_option("--threads", line.threads)->capture_default_str()->check(CLI::Range(1, 1024));
}

/// Parses the command line of 33; without a value the program should end with `exit_code`.
inline std::optional<expert_line> parse_experts(int argc, char** argv, int& exit_code) {
  expert_line line;
  CLI::App app{"Trains experts of singular values for the shipped model, by reward."};
  add_expert_options(app, line);
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

/// The command line of 34_expert_mixture.
struct mixture_line {
  expert_line expert{.steps = 80, .openings = 512, .held_out = 96};
  std::size_t population = 16, iterations = 6, generations = 8;
  std::uint64_t classifier_steps = 120;
};

inline std::optional<mixture_line> parse_mixture(int argc, char** argv, int& exit_code) {
  mixture_line line;
  CLI::App app{"Searches mixtures of experts that were shown one thing each."};
  add_expert_options(app, line.expert);
  app.add_option("--population", line.population, "mixtures at once, an even number, at least 10")
      ->capture_default_str()
      ->check(CLI::Range(10, 1000))
      ->check([](const std::string& n) {
        return (n.back() - '0') % 2 == 0 ? std::string() : "expected an even number, found " + n;
      });
  app.add_option("--iterations", line.iterations, "of the cross-entropy method")
      ->capture_default_str();
  app.add_option("--generations", line.generations, "of NSGA-II")->capture_default_str();
  app.add_option("--classifier-steps", line.classifier_steps, "of the expert that tells experts")
      ->capture_default_str();
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

#endif
