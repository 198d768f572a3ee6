#ifndef TRILITH_EXAMPLES_SWEEP_OPTIONS_HPP
#define TRILITH_EXAMPLES_SWEEP_OPTIONS_HPP

#include <trilith/sweep/sweep_table.hpp>
#include <trilith/text/tokenizer.hpp>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "complain.hpp"
#include "data.hpp"
#include "training_options.hpp"

/// What a scheme that is trained from nothing gets, in seconds.
inline training_line small_training() {
  training_line line;
  line.sizes = {.dim = 64, .ffn_dim = 176, .layers = 3, .head_dim = 32, .vocab = 1024};
  line.sizes.heads = line.sizes.kv_heads = 2;
  line.batch = {.batch = 8, .length = 128};
  line.sizes.context = line.batch.length;
  line.run = "sweep";
  line.rate = 4e-3;
  line.steps = 0;
  return line;
}

/// The command line of 20_precision_sweep.
struct sweep_line {
  std::string text, csv, json, svg;
  std::size_t max_tokens = 4096, threads = 2;
  bool has_times = true;
  training_line training = small_training();
};

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<sweep_line> parse_sweep(int argc, char** argv, int& exit_code) {
  sweep_line line;
  CLI::App app{"The shipped model under other schemes than its own: quality, bytes and speed."};
  app.add_option("text", line.text, "a file of text [default: tales of TRILITH_DATA]");
  app.add_option("--train", line.training.steps,
                 "so many steps instead, of small models from nothing, some schemes");
  app.add_option("--corpus", line.training.corpus,
                 "what to train on [default: tales of TRILITH_DATA]");
  app.add_option("--max-tokens", line.max_tokens, "only the text's first tokens; 0: all")
      ->capture_default_str();
  app.add_option("--threads", line.threads)->capture_default_str()->check(CLI::Range(1, 1024));
  app.add_flag("!--no-times", line.has_times, "leave the speed out, which differs between runs");
  app.add_option("--csv", line.csv, "write the table to this file");
  app.add_option("--json", line.json, "write the table to this file");
  app.add_option("--svg", line.svg, "draw quality over bits into this file");
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  if (line.text.empty()) line.text = data_file("corpora/fairytaleqa_val.txt");
  if (line.text.empty()) return std::nullopt;
  line.training.threads = line.threads;
  line.training.validation = {line.text};
  if (line.training.steps != 0 && line.training.corpus.empty())
    line.training.corpus = {data_file("corpora/fairytaleqa_train.txt")};
  return line;
}

struct sweep_tokens {
  std::vector<std::int32_t> tokens;
  std::size_t bytes = 0;
};

/// The first tokens of the text, and of how many bytes they are.
inline trilith::result<sweep_tokens> first_tokens(const sweep_line& line,
                                                  const trilith::text::tokenizer& words) {
  std::ifstream in(line.text, std::ios::binary);
  if (!in)
    return trilith::error{trilith::errc::file_not_found,
                          trilith::join(line.text, ": the file cannot be opened.")};
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto tokens = words.encode(text, {.bos = false});
  if (!tokens) return std::move(tokens).error();
  if (line.max_tokens == 0 || tokens->size() <= line.max_tokens)
    return sweep_tokens{std::move(*tokens), text.size()};
  tokens->resize(line.max_tokens);
  const auto used = words.decode(*tokens);
  if (!used) return used.error();
  return sweep_tokens{std::move(*tokens), used->size()};
}

/// Prints the table, and writes the files that were asked for.
inline int show(const trilith::sweep_table& table, const sweep_line& line) {
  std::printf("%s", table.markdown().c_str());
  const trilith::sweep_axes axes{
      .x = "activation_bits", .y = "bits a byte", .title = "quality and bits"};
  for (const auto& [path, text] :
       {std::pair{line.csv, table.csv()}, {line.json, table.json()}, {line.svg, table.svg(axes)}})
    if (!path.empty() && !(std::ofstream(path, std::ios::binary) << text << std::flush)) {
      std::fprintf(stderr, "error: %s: the file cannot be written.\n", path.c_str());
      return 1;
    }
  return 0;
}

#endif
