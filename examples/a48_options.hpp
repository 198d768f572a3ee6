#ifndef TRILITH_EXAMPLES_A48_OPTIONS_HPP
#define TRILITH_EXAMPLES_A48_OPTIONS_HPP

#include <optional>

#include "data.hpp"
#include "training_options.hpp"

/// The command line of 21_a48.
struct a48_line {
  training_line training;
  std::uint64_t last_percent = 20;
};

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<a48_line> parse_a48(int argc, char** argv, int& exit_code) {
  a48_line line;
  training_line& t = line.training;
  t.sizes = {.dim = 128, .ffn_dim = 352, .layers = 4, .head_dim = 32, .vocab = 2048};
  t.run = "a48";
  t.rate = 4e-3;
  t.validation_batches = 40;
  CLI::App app{"Trains models of few bits beside each other and compares them."};
  add_data_options(app, t);
  app.add_option("--dim", t.sizes.dim, "width of the residual stream")->capture_default_str();
  app.add_option("--ffn", t.sizes.ffn_dim, "width of the feed-forward network")
      ->capture_default_str();
  app.add_option("--layers", t.sizes.layers, "blocks")->capture_default_str();
  app.add_option("--head-dim", t.sizes.head_dim, "width of a head")->capture_default_str();
  app.add_option("--vocabulary", t.sizes.vocab, "pieces")->capture_default_str();
  app.add_option("--length", t.batch.length, "tokens of a sequence")->capture_default_str();
  add_step_options(app, t);
  app.add_option("--last-percent", line.last_percent, "of the steps with the final activations")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  if (!has_whole_heads(t)) exit_code = 1;
  if (exit_code != 0) return std::nullopt;
  if (t.corpus.empty()) {
    t.corpus = {data_file("corpora/childrens_classics_train.txt")};
    t.validation = {data_file("corpora/childrens_classics_val.txt")};
    if (t.corpus[0].empty()) return std::nullopt;
  }
  t.sizes.heads = t.sizes.kv_heads = t.sizes.dim / t.sizes.head_dim;
  t.sizes.context = t.batch.length;
  return line;
}

#endif
