#ifndef TRILITH_TRAIN_TOKEN_BATCH_HPP
#define TRILITH_TRAIN_TOKEN_BATCH_HPP

#include <trilith/core/span2d.hpp>
#include <trilith/core/text.hpp>
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
  /// Row `row` becomes these tokens and targets, `length` of each; a target of -1 does not count.
  void set(std::size_t row, std::span<const std::int32_t> tokens,
           std::span<const std::int32_t> targets) noexcept {
    for (std::size_t t = 0; t < length_; ++t) {
      tokens_[row * length_ + t] = tokens[t];
      targets_[row * length_ + t] = targets[t];
    }
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

}  // namespace trilith

#endif
