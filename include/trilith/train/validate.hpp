#ifndef TRILITH_TRAIN_VALIDATE_HPP
#define TRILITH_TRAIN_VALIDATE_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/train/batches_in_order.hpp>
#include <trilith/train/learner.hpp>
#include <trilith/train/training_reports.hpp>

#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI {

/// For n of a file's N tokens, whose surprises -ln p sum to S:
///
///     bits per byte = S / ln 2 * (N - 1) / n / bytes of text,    perplexity = exp(S / n)
///
/// With all batches n = N - 1: the first token is no target. With fewer, the rest counts as the
/// mean of those. Bytes are those of the documents' text, token_facts::text_bytes; begin and end
/// tokens add to the sum and not to the bytes.
[[nodiscard]] inline validation_report validation_of(const loss_sums& sums,
                                                     const token_facts& file) {
  const double bits = sums.mean() / __builtin_log(2.0) * static_cast<double>(file.tokens - 1);
  validation_report out;
  out.bits_per_byte = file.text_bytes == 0 ? 0.0 : bits / static_cast<double>(file.text_bytes);
  out.perplexity = __builtin_exp(sums.mean());
  out.tokens = sums.tokens;
  return out;
}

/// How well a learner's current codes predict a file, by its first `most` batches; 0: by all. See
/// validation_of(). Cost: a forward pass over them.
template <Learner L>
[[nodiscard]] validation_report validate(L& learner, const batches_in_order& data,
                                         std::size_t most = 0) {
  const std::size_t steps = most == 0 ? data.steps() : min_of(most, data.steps());
  loss_sums sums;
  token_batch batch;
  for (std::size_t step = 0; step < steps; ++step) {
    data.read(step, batch);
    sums += learner.measure(batch);
  }
  return validation_of(sums, data.file().facts());
}

}  // namespace trilith::inline TRILITH_ABI

#endif
