#ifndef TRILITH_EXAMPLES_CONVERT_DENSE_OPTIONS_HPP
#define TRILITH_EXAMPLES_CONVERT_DENSE_OPTIONS_HPP

#include <trilith/train/batches.hpp>

#include <optional>
#include <string>

#include "command_line.hpp"
#include "data.hpp"

/// The command line of 12_convert_dense.
struct convert_dense_line {
  std::string model, tokenizer, corpus, validation;
  std::string run = "converted", prompt = "Once upon a time";
  trilith::batch_options batch{.batch = 16, .length = 256};
  std::size_t micro_batch = 4, threads = 2, validation_batches = 40;
  std::uint64_t steps = 500, warmup = 20, lambda_warmup = 100, validate_every = 100;
  double rate = 2e-3, decay = 0;
  float beta = 1;
  bool has_sub_norms = false, says_outcome_alone = false;
};

inline void add_file_options(CLI::App& app, convert_dense_line& line) {
  app.add_option("--model", line.model,
                 "a model of llama2.c [default: models/stories260K.bin of TRILITH_DATA]");
  app.add_option("--tokenizer", line.tokenizer, "its tokenizer [default: models/tok512.bin]");
  app.add_option("--corpus", line.corpus,
                 "text to learn from [default: corpora/tinystories_smallGPT.txt]");
  app.add_option("--validation", line.validation,
                 "text to validate on [default: corpora/tinystories_moebench_val.txt]");
  app.add_option("--run", line.run, "folder of everything that the run writes")
      ->capture_default_str();
  app.add_option("--prompt", line.prompt, "what samples begin with")->capture_default_str();
}

inline void add_conversion_options(CLI::App& app, convert_dense_line& line) {
  app.add_flag("--sub-norms", line.has_sub_norms,
               "norms in front of the last products of attention and feed-forward network");
  app.add_option("--steps", line.steps, "updates of the weights")->capture_default_str();
  app.add_option("--lambda-warmup", line.lambda_warmup, "steps until all of the quantisation acts")
      ->capture_default_str();
  app.add_option("--beta", line.beta, "weight of the divergence from the dense model; 0: none")
      ->capture_default_str();
  app.add_option("--batch", line.batch.batch, "sequences of a step")->capture_default_str();
  app.add_option("--length", line.batch.length, "tokens of a sequence")->capture_default_str();
  app.add_option("--micro-batch", line.micro_batch, "sequences computed at once")
      ->capture_default_str();
  app.add_option("--rate", line.rate, "at its peak")->capture_default_str();
  app.add_option("--decay", line.decay, "of weights")->capture_default_str();
  app.add_option("--warmup", line.warmup, "steps until the rate's peak")->capture_default_str();
  app.add_option("--seed", line.batch.seed, "of the batches")->capture_default_str();
  app.add_option("--threads", line.threads)->capture_default_str()->check(CLI::Range(1, 1024));
  app.add_option("--validate-every", line.validate_every, "steps")->capture_default_str();
  app.add_option("--validation-batches", line.validation_batches, "0: all")->capture_default_str();
}

/// Names the files of TRILITH_DATA where none were given; false where one is absent, which it says.
inline bool fill_in_files(convert_dense_line& line) {
  const auto fill = [](std::string& path, const char* name) {
    if (path.empty()) path = data_file(name);
    return !path.empty();
  };
  return fill(line.model, "models/stories260K.bin") && fill(line.tokenizer, "models/tok512.bin") &&
         fill(line.corpus, "corpora/tinystories_smallGPT.txt") &&
         fill(line.validation, "corpora/tinystories_moebench_val.txt");
}

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<convert_dense_line> parse_convert_dense(int argc, char** argv,
                                                             int& exit_code) {
  convert_dense_line line;
  CLI::App app{"Makes a language model with ternary weights of one that was trained with floats."};
  add_file_options(app, line);
  add_conversion_options(app, line);
  app.add_flag("--outcome", line.says_outcome_alone,
               "print what was reached, without figures that depend on the machine");
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  if (!fill_in_files(line)) return std::nullopt;
  return line;
}

#endif
