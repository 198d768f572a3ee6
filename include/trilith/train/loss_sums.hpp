#ifndef TRILITH_TRAIN_LOSS_SUMS_HPP
#define TRILITH_TRAIN_LOSS_SUMS_HPP

#include <cstdint>

namespace trilith {

/// What a pass over some tokens costs, in natural logarithms, over all targets that count.
struct loss_sums {
  double sum = 0;             ///< of -log p(target)
  double divergence = 0;      ///< of KL(reference || model), where there is a reference
  std::uint64_t tokens = 0;   ///< targets that count
  std::uint64_t correct = 0;  ///< whose score is the highest of all

  /// Nats a token; 0 without any.
  [[nodiscard]] constexpr double mean() const noexcept {
    return tokens == 0 ? 0 : sum / static_cast<double>(tokens);
  }
  constexpr loss_sums& operator+=(const loss_sums& o) noexcept {
    sum += o.sum;
    divergence += o.divergence;
    tokens += o.tokens;
    correct += o.correct;
    return *this;
  }
};

}  // namespace trilith

#endif
