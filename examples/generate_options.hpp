#ifndef TRILITH_EXAMPLES_GENERATE_OPTIONS_HPP
#define TRILITH_EXAMPLES_GENERATE_OPTIONS_HPP

#include <trilith/infer/generate.hpp>

#include <optional>
#include <string>

#include "command_line.hpp"
#include "open_model.hpp"
#include "session_line.hpp"

/// Options for how text is written, which several programs have.
inline void add_writing_options(CLI::App& app, trilith::generate_options& options) {
  trilith::sampling& how = options.sampling;
  app.add_option("--max-tokens", options.max_tokens, "most tokens to write")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 24));
  app.add_option("--temperature", how.temperature, "0: always the likeliest token")
      ->capture_default_str();
  app.add_option("--top-k", how.top_k, "draw from the k likeliest tokens; 0: from all")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24));
  app.add_option("--top-p", how.top_p, "draw from the likeliest tokens of this share")
      ->capture_default_str();
  app.add_option("--min-p", how.min_p, "drop tokens below this share of the likeliest one")
      ->capture_default_str();
  app.add_option("--repetition-penalty", how.repetition_penalty, "above 1 discourages repetition")
      ->capture_default_str();
  app.add_option("--seed", how.seed, "same seed, same text")->capture_default_str();
  add_session_options(app, options);
}

/// The command line of 03_generate.
struct command_line {
  model_choice files;
  std::string prompt = "Once upon a time", backend = "automatic";
  trilith::generate_options options{
      .max_tokens = 200,
      .sampling = {.temperature = 0.7f, .top_p = 0.9f, .repetition_penalty = 1.1f}};
};

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<command_line> parse(int argc, char** argv, int& exit_code) {
  command_line line;
  CLI::App app{"Loads a 1-bit language model and continues a prompt."};
  app.add_option("--model", line.files.model, model_help);
  app.add_option("--tokenizer", line.files.tokenizer, tokenizer_help);
  app.add_option("--prompt", line.prompt, "the text to continue")->capture_default_str();
  add_writing_options(app, line.options);
  app.add_option("--backend", line.backend, "who multiplies; others than automatic for .bin only")
      ->capture_default_str()
      ->check(CLI::IsMember({"automatic", "simd", "portable", "eigen", "reference"}));
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

#endif
