#ifndef TRILITH_EXAMPLES_LORA_OPTIONS_HPP
#define TRILITH_EXAMPLES_LORA_OPTIONS_HPP

#include <trilith/train/token_batch.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "shipped_model.hpp"

/// The command line of 30_lora.
struct lora_line {
  /// Text of another kind than the model was trained on: why this library is as it is.
  std::vector<std::string> corpus{TRILITH_EXAMPLES_MODELS "/../../docs/decisions.md",
                                  TRILITH_EXAMPLES_MODELS "/../../docs/performance.md"};
  std::string run = "lora";
  std::uint64_t steps = 200;
  trilith::batch_options batch{.batch = 8, .length = 96};
  std::size_t rank = 16, threads = 2, judged = 4096;
  double rate = 2e-3;
};

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<lora_line> parse_lora(int argc, char** argv, int& exit_code) {
  lora_line line;
  CLI::App app{"Adapts the shipped model to a text by changes of low rank."};
  app.add_option("corpus", line.corpus, "files of text [default: pages of this project]");
  app.add_option("--run", line.run, "folder of everything that is written")->capture_default_str();
  app.add_option("--steps", line.steps, "updates")->capture_default_str();
  app.add_option("--batch", line.batch.batch, "sequences of a step")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--length", line.batch.length, "tokens of a sequence")
      ->capture_default_str()
      ->check(CLI::Range(2, 256));
  app.add_option("--rank", line.rank, "of the changes")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", line.rate, "at its peak")->capture_default_str();
  app.add_option("--judged", line.judged, "tokens to judge by, of the text's end")
      ->capture_default_str();
  app.add_option("--seed", line.batch.seed, "of the changes and the order of the text")
      ->capture_default_str();
  app.add_option("--threads", line.threads)->capture_default_str()->check(CLI::Range(1, 1024));
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

#endif
