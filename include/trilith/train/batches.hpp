#ifndef TRILITH_TRAIN_BATCHES_HPP
#define TRILITH_TRAIN_BATCHES_HPP

#include <trilith/core/span2d.hpp>
#include <trilith/core/text.hpp>
#include <trilith/train/permutation.hpp>
#include <trilith/train/token_file.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trilith {

struct batch_options {
  std::size_t batch = 32;    ///< B, sequences of a step
  std::size_t length = 256;  ///< T, tokens of a sequence
  std::uint64_t seed = 1;    ///< of the order of the windows
};

/// Sequences of one length; targets(b, t) is the token behind tokens(b, t).
class token_batch {
 public:
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }
  /// [B, T], without gaps between the rows.
  [[nodiscard]] span2d<const std::int32_t> tokens() const noexcept {
    return {tokens_.data(), rows_, length_};
  }
  [[nodiscard]] span2d<const std::int32_t> targets() const noexcept {
    return {targets_.data(), rows_, length_};
  }

  /// Makes room; memory of an earlier, larger batch is kept.
  void resize(std::size_t rows, std::size_t length) {
    rows_ = rows;
    length_ = length;
    tokens_.resize(rows * length);
    targets_.resize(rows * length);
  }
  /// Row `row` becomes the tokens from `first` on.
  void set(std::size_t row, const token_file& file, std::size_t first) noexcept {
    file.copy(first, std::span(tokens_).subspan(row * length_, length_));
    file.copy(first + 1, std::span(targets_).subspan(row * length_, length_));
  }

 private:
  std::size_t rows_ = 0, length_ = 0;
  std::vector<std::int32_t> tokens_, targets_;
};

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

namespace batching {
/// B and T of at least 1 that fit memory, and a file of at least `tokens` tokens.
[[nodiscard]] inline status check(const token_file& file, const batch_options& options,
                                  std::uint64_t tokens) {
  constexpr std::size_t most = std::size_t{1} << 31;
  const auto [batch, length, seed] = options;
  if (batch == 0 || length == 0 || batch > most || length > most / batch)
    return error{errc::invalid_argument,
                 join(file.path(), ": batches need batch and length of at least 1 and at most ",
                      most, " tokens, found batch = ", batch, ", length = ", length, ".")};
  if (file.size() < tokens)
    return error{errc::invalid_argument,
                 join(file.path(), ": sequences of length = ", length, " need at least ", tokens,
                      " tokens, the file has ", file.size(), ".")};
  return done{};
}
}  // namespace batching

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

/// Batches for validation; the seed is not used. Errors: as make_batches(), but two tokens are
/// enough.
[[nodiscard]] inline result<batches_in_order> make_batches_in_order(
    const token_file& file, const batch_options& options = {}) {
  status good = batching::check(file, options, 2);
  if (!good) return std::move(good).error();
  return batches_in_order(file, options);
}

}  // namespace trilith

#endif
