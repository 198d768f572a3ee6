#ifndef TRILITH_EXAMPLES_GENERATE_OPTIONS_HPP
#define TRILITH_EXAMPLES_GENERATE_OPTIONS_HPP

#include <trilith/infer/generate.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

/// The command line of 03_generate.
struct command_line {
  std::string model, tokenizer, prompt = "Once upon a time";
  std::string backend = "automatic";
  trilith::generate_options options{.max_tokens = 200, .sampling = {.temperature = 0.0f}};
};

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<command_line> parse(int argc, char** argv, int& exit_code) {
  command_line line;
  trilith::sampling& how = line.options.sampling;
  CLI::App app{"Loads a 1-bit language model and continues a prompt."};
  app.add_option("--model", line.model,
                 "a model: .safetensors of Trilith, .bin of llama2.c or bitllama2.c "
                 "[default: bitnet-stories-1M of TRILITH_DATA]");
  app.add_option("--tokenizer", line.tokenizer,
                 "its tokenizer: .model of SentencePiece or .bin of llama2.c [default: the one in "
                 "the model's file, or tok512.bin of TRILITH_DATA]");
  app.add_option("--prompt", line.prompt, "the text to continue")->capture_default_str();
  app.add_option("--max-tokens", line.options.max_tokens, "most tokens to write")
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
  app.add_option("--threads", line.options.threads, "threads to compute with")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--backend", line.backend, "who multiplies")
      ->capture_default_str()
      ->check(CLI::IsMember({"automatic", "simd", "portable", "eigen", "reference"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    exit_code = app.exit(stop);
    return std::nullopt;
  }
  return line;
}

#endif
