#ifndef TRILITH_EXAMPLES_TRAINING_OPTIONS_HPP
#define TRILITH_EXAMPLES_TRAINING_OPTIONS_HPP

#include <trilith/train/pass_context.hpp>
#include <trilith/train/train_options.hpp>

#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"

/// The command line of 10_train_ste.
struct training_line {
  std::vector<std::string> corpus, validation;  ///< files or folders
  std::string run = "run", separator = "<|endoftext|>", prompt = "Once upon a time";
  std::string weights = "ternary", optimiser = "adamw", schedule = "two_stage";
  trilith::shape sizes{.dim = 192, .ffn_dim = 512, .layers = 6, .head_dim = 32, .vocab = 2048};
  trilith::batch_options batch{.batch = 16, .length = 256};
  std::size_t micro_batch = 4, threads = 2;
  std::uint64_t steps = 600, warmup = 50, validate_every = 100, checkpoint_every = 100;
  std::size_t validation_batches = 20;
  double rate = 0, decay = 0.1, others = -1, second_rate = 2.0 / 3, second_decay = 0;
  bool resume = false, recompute = false;
  trilith::gradient_numbers gradients = trilith::gradient_numbers::automatic;
};

inline void add_data_options(CLI::App& app, training_line& line) {
  app.add_option("corpus", line.corpus,
                 "text files, or folders of .txt [default: the children's classics of "
                 "TRILITH_DATA]");
  app.add_option("--validation", line.validation,
                 "files to validate on [default: the end of the corpus]");
  app.add_option("--separator", line.separator, "stands between documents")->capture_default_str();
  app.add_option("--run", line.run, "folder of everything that the run writes")
      ->capture_default_str();
  app.add_flag("--resume", line.resume, "go on from the run's last checkpoint");
  app.add_option("--prompt", line.prompt, "what samples begin with")->capture_default_str();
}

inline void add_model_options(CLI::App& app, training_line& line) {
  app.add_option("--weights", line.weights, "in which numbers weights are")
      ->capture_default_str()
      ->check(CLI::IsMember({"ternary", "binary", "learned_step", "learned_scale", "f32"}));
  app.add_option("--dim", line.sizes.dim, "width of the residual stream")->capture_default_str();
  app.add_option("--ffn", line.sizes.ffn_dim, "width of the feed-forward network")
      ->capture_default_str();
  app.add_option("--layers", line.sizes.layers, "blocks")->capture_default_str();
  app.add_option("--head-dim", line.sizes.head_dim, "width of a head")->capture_default_str();
  app.add_option("--vocabulary", line.sizes.vocab, "pieces")->capture_default_str();
  app.add_option("--length", line.batch.length, "tokens of a sequence")->capture_default_str();
}

inline void add_gradients_option(CLI::App& app, training_line& line) {
  using enum trilith::gradient_numbers;
  static const std::map<std::string, trilith::gradient_numbers> all{{"automatic", automatic},
                                                                    {"f32", f32},
                                                                    {"int8x2", int8x2},
                                                                    {"bf16", bf16},
                                                                    {"bf16_tiles", bf16_tiles}};
  app.add_option("--gradients", line.gradients, "in which numbers gradients are multiplied")
      ->transform(
          CLI::CheckedTransformer(all).description("{automatic,f32,int8x2,bf16,bf16_tiles}"))
      ->default_str("automatic");
}

inline void add_step_options(CLI::App& app, training_line& line) {
  app.add_option("--steps", line.steps, "updates of the weights")->capture_default_str();
  app.add_option("--batch", line.batch.batch, "sequences of a step")->capture_default_str();
  app.add_option("--micro-batch", line.micro_batch, "sequences computed at once")
      ->capture_default_str();
  app.add_option("--optimiser", line.optimiser)
      ->capture_default_str()
      ->check(CLI::IsMember({"adamw", "muon", "muon_grokfast"}));
  app.add_option("--rate", line.rate, "at its peak [default: 0.02 for muon, else 4e-3]");
  app.add_option("--others", line.others,
                 "AdamW's rate for what Muon leaves, as a share of --rate [default: 0.2 for muon, "
                 "else 1]");
  app.add_option("--decay", line.decay, "of weights")->capture_default_str();
  app.add_option("--schedule", line.schedule)
      ->capture_default_str()
      ->check(CLI::IsMember({"two_stage", "single_stage", "cosine", "wsd", "constant"}));
  app.add_option("--second-rate", line.second_rate, "of two_stage, as a share of the first")
      ->default_str("2/3");
  app.add_option("--second-decay", line.second_decay, "of two_stage, as a share of the first")
      ->capture_default_str();
  app.add_option("--warmup", line.warmup, "steps until the peak")->capture_default_str();
  app.add_option("--seed", line.batch.seed, "of weights and batches")->capture_default_str();
  app.add_option("--threads", line.threads)->capture_default_str();
  app.add_flag("--recompute", line.recompute, "less memory for more time");
  add_gradients_option(app, line);
  app.add_option("--validate-every", line.validate_every, "steps")->capture_default_str();
  app.add_option("--validation-batches", line.validation_batches, "0: all")->capture_default_str();
  app.add_option("--checkpoint-every", line.checkpoint_every, "steps")->capture_default_str();
}

/// Heads share the width evenly.
inline bool has_whole_heads(const training_line& line) {
  if (line.sizes.dim % line.sizes.head_dim == 0) return true;
  std::fprintf(stderr, "error: --dim should be a multiple of --head-dim, found %zu and %zu.\n",
               line.sizes.dim, line.sizes.head_dim);
  return false;
}

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<training_line> parse_training(int argc, char** argv, int& exit_code) {
  training_line line;
  CLI::App app{"Trains a small language model with 1-bit weights on text of your own."};
  add_data_options(app, line);
  add_model_options(app, line);
  add_step_options(app, line);
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  if (!has_whole_heads(line)) exit_code = 1;
  if (exit_code != 0) return std::nullopt;
  const bool is_muon = line.optimiser == "muon";
  if (line.rate == 0) line.rate = is_muon ? 0.02 : 4e-3;
  if (line.others < 0) line.others = is_muon ? 0.2 : 1;
  line.sizes.heads = line.sizes.kv_heads = line.sizes.dim / line.sizes.head_dim;
  line.sizes.context = line.batch.length;
  return line;
}

/// The schedule of that name.
inline trilith::any_schedule schedule_of(const training_line& line) {
  const std::uint64_t warmup = line.warmup;
  if (line.schedule == "single_stage")
    return trilith::two_stage{.warmup = warmup, .second_rate = 1, .second_decay = 1};
  if (line.schedule == "cosine") return trilith::cosine{.warmup = warmup};
  if (line.schedule == "wsd") return trilith::wsd{.warmup = warmup};
  if (line.schedule == "constant") return trilith::constant{.warmup = warmup};
  return trilith::two_stage{
      .warmup = warmup, .second_rate = line.second_rate, .second_decay = line.second_decay};
}

/// Everything that the command line says about the run.
inline trilith::train_options options_of(const training_line& line) {
  trilith::train_options options{.steps = line.steps, .micro_batch = line.micro_batch};
  options.schedule = schedule_of(line);
  options.validate_every = line.validate_every;
  options.validation_batches = line.validation_batches;
  options.checkpoint_every = line.checkpoint_every;
  options.checkpoints = line.run + "/checkpoints";
  options.resume = line.resume;
  options.log = line.run + "/log.csv";
  options.curve = line.run + "/curve.svg";
  return options;
}

/// How much a pass takes at once.
inline trilith::pass_options room_of(const training_line& line) {
  return {.sequences = line.micro_batch,
          .length = line.batch.length,
          .recompute = line.recompute,
          .gradients = line.gradients};
}

#endif
