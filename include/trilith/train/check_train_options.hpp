#ifndef TRILITH_TRAIN_CHECK_TRAIN_OPTIONS_HPP
#define TRILITH_TRAIN_CHECK_TRAIN_OPTIONS_HPP

#include <trilith/core/text.hpp>
#include <trilith/train/train_options.hpp>

#include <string>
#include <string_view>

namespace trilith::inline TRILITH_ABI {

namespace detail {

[[nodiscard]] inline error wrong_option(std::string_view what, std::string_view found) {
  return {errc::invalid_argument, join("training: expected ", what, ", found ", found, ".")};
}
/// 0 or more, and finite.
[[nodiscard]] constexpr bool is_size(double x) noexcept {
  return x >= 0 && x - x == 0;
}

}  // namespace detail

/// What no trainer can work with. Error: invalid_argument.
[[nodiscard]] inline status check(const train_options& o, const training_data& data) {
  using detail::wrong_option;
  const std::size_t rows = data.train.options().batch;
  if (o.steps == 0) return wrong_option("at least one step", "steps = 0");
  if (o.micro_batch > rows)
    return wrong_option(join("a micro_batch of at most the batch's ", rows, " rows"),
                        std::to_string(o.micro_batch));
  if (!detail::is_size(o.clip)) return wrong_option("a clip of 0 or more", decimals(o.clip));
  if (!(o.spike_threshold >= 0 && o.spike_threshold <= 11.2))  // z is never above sqrt(127)
    return wrong_option("a spike_threshold of 0 to 11.2", decimals(o.spike_threshold));
  if (o.checkpoints.empty() && (o.checkpoint_every != 0 || o.resume))
    return wrong_option("a directory in checkpoints, for checkpoint_every and resume", "none");
  if (rolls_back(o) && o.checkpoint_every == 0)
    return wrong_option("checkpoint_every above 0, to roll back at spikes", "0");
  return done{};
}

/// What a run shares with those that go on from its checkpoints.
template <class O>
void describe_run(const O& optimiser, const train_options& o, const training_data& data,
                  description& out) {
  out.add_policy("optimiser", optimiser);
  o.schedule.describe_as("schedule", out);
  const batch_options& b = data.train.options();
  out.add("steps", o.steps), out.add("batch", b.batch), out.add("length", b.length);
  out.add("seed", b.seed), out.add("clip", o.clip), out.add("loss_scaling", o.loss_scaling);
  out.add("spike_threshold", o.spike_threshold), out.add("lambda_warmup", o.lambda_warmup);
  out.add("last_stage", o.last_stage);
  out.add("roll_back_every", rolls_back(o) ? o.checkpoint_every : 0);
  const token_facts& file = data.train.file().facts();
  out.add("corpus.tokens", file.tokens), out.add("corpus.documents", file.documents);
  out.add("corpus.text_bytes", file.text_bytes), out.add("corpus.vocabulary", file.vocabulary);
  out.add("corpus.tokenizer", file.tokenizer);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
