#ifndef TRILITH_TRAIN_BATCHES_IN_ORDER_HPP
#define TRILITH_TRAIN_BATCHES_IN_ORDER_HPP

#include <trilith/train/token_batch.hpp>

#include <cstddef>
#include <utility>

namespace trilith {

/// Every token of a file but the first as a target once, in order: for validation. Step i has the
/// windows from i B on; what is left behind the last whole window, shorter, is a step by itself.
///
/// Views `file`, which must outlive it; make_batches_in_order() makes one.
class batches_in_order {
 public:
  batches_in_order(const token_file& file, const batch_options& options) noexcept
      : file_(&file),
        options_(options),
        windows_((file.size() - 1) / options.length),
        rest_((file.size() - 1) % options.length) {}

  [[nodiscard]] const token_file& file() const noexcept { return *file_; }
  [[nodiscard]] std::size_t steps() const noexcept { return whole_steps() + (rest_ != 0); }
  [[nodiscard]] token_batch at(std::size_t step) const {
    token_batch out;
    read(step, out);
    return out;
  }
  /// step < steps(). Allocates only where `out` was smaller.
  void read(std::size_t step, token_batch& out) const {
    TRILITH_PRECONDITION(step < steps(), "batches_in_order: a step past the last one.");
    const std::size_t first = step < whole_steps() ? step * options_.batch : windows_;
    const std::size_t left = windows_ - first;
    const bool is_rest = left == 0;
    out.resize(is_rest ? 1 : (left < options_.batch ? left : options_.batch),
               is_rest ? rest_ : options_.length);
    for (std::size_t b = 0; b < out.rows(); ++b) out.set(b, *file_, (first + b) * options_.length);
  }

 private:
  [[nodiscard]] std::size_t whole_steps() const noexcept {
    return windows_ / options_.batch + (windows_ % options_.batch != 0);
  }

  const token_file* file_;
  batch_options options_;
  std::size_t windows_, rest_;
};

/// Batches for validation; the seed is not used. Errors: as make_batches(), but two tokens are
/// enough.
[[nodiscard]] inline result<batches_in_order> make_batches_in_order(
    const token_file& file, const batch_options& options = {}) {
  status good = batching::check(file, options, 2);
  if (!good) return std::move(good).error();
  return batches_in_order(file, options);
}
/// The file must outlive them: a temporary one does not.
result<batches_in_order> make_batches_in_order(const token_file&&,
                                               const batch_options& = {}) = delete;

}  // namespace trilith

#endif
