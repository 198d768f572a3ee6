#ifndef TRILITH_TRAIN_LOSS_SUMS_HPP
#define TRILITH_TRAIN_LOSS_SUMS_HPP

#include <cstdint>

namespace trilith {

/// sum over tokens of -ln p(target | tokens before it), in nats, and how many tokens that were.
/// Several batches' may be added.
///
///     tl::loss_sums all;
///     for (const tl::token_batch& part : parts) all += learner.measure(part);
///     all.mean();  // nats a token
struct loss_sums {
  double sum = 0;
  std::uint64_t tokens = 0;

  /// Nats a token; 0 without any.
  [[nodiscard]] constexpr double mean() const noexcept {
    return tokens == 0 ? 0.0 : sum / static_cast<double>(tokens);
  }
  constexpr loss_sums& operator+=(const loss_sums& more) noexcept {
    sum += more.sum;
    tokens += more.tokens;
    return *this;
  }
};

}  // namespace trilith

#endif
