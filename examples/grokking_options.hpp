#ifndef TRILITH_EXAMPLES_GROKKING_OPTIONS_HPP
#define TRILITH_EXAMPLES_GROKKING_OPTIONS_HPP

#include <cstdint>
#include <optional>
#include <string>

#include "command_line.hpp"

/// The command line of 11_grokking.
struct grokking_line {
  std::string weights = "float", optimiser = "adam", svg;
  std::uint64_t modulus = 97, steps = 2000, every = 50, seed = 1;
  std::size_t dim = 128, layers = 2, batch = 512, threads = 1;
  double rate = 1e-3, l2 = 0.005, decay = 0, alpha = 0.98, lambda = 2;
  float deviation = 0.05f, embedding = 1.0f;  // those of PyTorch for 128 inputs
  bool without_grokfast = false, says_outcome_alone = false;
};

inline void add_task_options(CLI::App& app, grokking_line& line) {
  app.add_option("--modulus", line.modulus, "p of x * y mod p; half of all products are learned")
      ->capture_default_str()
      ->check(CLI::Range(3, 1000));
  app.add_option("--weights", line.weights, "in which numbers weights are")
      ->capture_default_str()
      ->check(CLI::IsMember({"float", "ternary"}));
  app.add_option("--dim", line.dim, "width of the residual stream, a multiple of 8")
      ->capture_default_str()
      ->check(CLI::Range(8, 1024));
  app.add_option("--layers", line.layers, "blocks")
      ->capture_default_str()
      ->check(CLI::Range(1, 16));
  app.add_option("--deviation", line.deviation, "of weights at the start")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--embedding", line.embedding, "deviation of the embedding at the start")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", line.seed, "of weights, halves and batches")->capture_default_str();
}

inline void add_learning_options(CLI::App& app, grokking_line& line) {
  app.add_option("--steps", line.steps, "at most so many; 99 % of validation end it, too")
      ->capture_default_str();
  app.add_option("--batch", line.batch, "products of a step; 0: all")->capture_default_str();
  app.add_option("--optimiser", line.optimiser)
      ->capture_default_str()
      ->check(CLI::IsMember({"adam", "muon_grokfast"}));
  app.add_option("--rate", line.rate, "after 10 steps of warm-up")->capture_default_str();
  app.add_option("--l2", line.l2, "weight decay as part of the gradient")->capture_default_str();
  app.add_option("--decay", line.decay, "weight decay apart from the gradient")
      ->capture_default_str();
  app.add_flag("--without-grokfast", line.without_grokfast, "leave gradients as they are");
  app.add_option("--alpha", line.alpha, "of Grokfast's moving average")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--lambda", line.lambda, "what that average is multiplied by")
      ->capture_default_str();
}

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<grokking_line> parse_grokking(int argc, char** argv, int& exit_code) {
  grokking_line line;
  CLI::App app{
      "Watches a small transformer learn x * y mod p: first by heart, much later so that it "
      "knows products it has never seen."};
  add_task_options(app, line);
  add_learning_options(app, line);
  app.add_option("--every", line.every, "steps from one validation to the next")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--svg", line.svg, "file to draw both curves into");
  app.add_option("--threads", line.threads)->capture_default_str()->check(CLI::Range(1, 1024));
  app.add_flag("--outcome", line.says_outcome_alone,
               "print what was learned, without figures that depend on the machine");
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

#endif
