#ifndef TRILITH_TRAIN_BATCHES_HPP
#define TRILITH_TRAIN_BATCHES_HPP

#include <trilith/train/batches_in_order.hpp>
#include <trilith/train/permutation.hpp>
#include <trilith/train/token_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace trilith {

/// Shuffled batches of a token file, each a function of the step alone.
///
/// The file's N tokens are cut into W = floor((N - 1) / T) windows; window w are the T + 1 tokens
/// from w T on, so that neighbours share one token and every token but the first and the last few
/// is a target once. Row b of step s is number g = s B + b of all rows, and
///
///     row b of step s = window permuted(g mod W, W, seed, floor(g / W))
///
/// so each window comes once in an epoch of W rows, in another order each time. Nothing is carried
/// from step to step: a run resumes at any step, and micro-batches or ranks that read parts of a
/// step's rows give the same global batch, however many there are
/// (test/unit/train_data_batches.cpp).
///
/// Views `file`, which must outlive it; make_batches() makes one.
class batches {
 public:
  batches(const token_file& file, const batch_options& options) noexcept
      : file_(&file), options_(options), windows_((file.size() - 1) / options.length) {}

  [[nodiscard]] const token_file& file() const noexcept { return *file_; }
  [[nodiscard]] const batch_options& options() const noexcept { return options_; }
  /// W, rows of an epoch.
  [[nodiscard]] std::uint64_t windows() const noexcept { return windows_; }
  /// The epoch in which the first row of a step lies.
  [[nodiscard]] std::uint64_t epoch(std::uint64_t step) const noexcept {
    return step * options_.batch / windows_;
  }
  /// The window of row b of a step.
  [[nodiscard]] std::uint64_t window(std::uint64_t step, std::size_t row) const noexcept {
    const std::uint64_t g = step * options_.batch + row;
    return permuted(g % windows_, windows_, options_.seed, g / windows_);
  }

  /// All rows of a step.
  [[nodiscard]] token_batch at(std::uint64_t step) const {
    token_batch out;
    read(step, 0, options_.batch, out);
    return out;
  }
  /// Rows [first, first + count) of a step: a micro-batch, or what one rank computes. Allocates
  /// only where `out` was smaller.
  void read(std::uint64_t step, std::size_t first, std::size_t count, token_batch& out) const {
    TRILITH_PRECONDITION(first + count <= options_.batch, "batches: a row past the last one.");
    out.resize(count, options_.length);
    for (std::size_t b = 0; b < count; ++b)
      out.set(b, *file_, window(step, first + b) * options_.length);
  }

 private:
  const token_file* file_;
  batch_options options_;
  std::uint64_t windows_;
};

/// Shuffled batches for training. Error: invalid_argument for a batch or length of 0 or of more
/// than 2^31 tokens together, and for a file of fewer than T + 1 tokens.
///
///     auto train = tl::make_batches(*corpus, {.batch = 32, .length = 256, .seed = 1});
///     for (std::uint64_t step = 0; step < 20'000; ++step) learn(train->at(step));
[[nodiscard]] inline result<batches> make_batches(const token_file& file,
                                                  const batch_options& options = {}) {
  status good = batching::check(file, options, std::uint64_t{options.length} + 1);
  if (!good) return std::move(good).error();
  return batches(file, options);
}
/// The file must outlive them: a temporary one does not.
result<batches> make_batches(const token_file&&, const batch_options& = {}) = delete;

}  // namespace trilith

#endif
