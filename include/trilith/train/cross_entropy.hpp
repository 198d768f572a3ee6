#ifndef TRILITH_TRAIN_CROSS_ENTROPY_HPP
#define TRILITH_TRAIN_CROSS_ENTROPY_HPP

#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>
#include <trilith/train/loss_sums.hpp>

namespace trilith::inline TRILITH_ABI {

/// A target that does not count.
inline constexpr std::int32_t not_a_target = -1;

namespace detail {

/// x_i = e^(x_i - max x); returns log sum_i e^(x_i), and 1 / sum of the new x in `share`.
[[nodiscard]] inline double exponentials(float* x, std::size_t n, float& share) noexcept {
  const auto& rows = simd::gradients().rows;
  const float top = rows.highest(x, n), sum = rows.exponentials(x, top, 1.0f, n);
  share = 1.0f / sum;
  return static_cast<double>(top) + __builtin_log(static_cast<double>(sum));
}

/// Whether no score is higher than that at `at`, and none before it as high.
[[nodiscard]] inline bool is_highest(const float* x, std::size_t n, std::size_t at) noexcept {
  if (simd::gradients().rows.highest(x, n) > x[at]) return false;
  for (std::size_t i = 0; i < at; ++i)
    if (x[i] == x[at]) return false;
  return true;
}

/// r_i = softmax(r)_i; returns KL(softmax(r) || softmax(x)) - log sum_i e^(x_i).
[[nodiscard]] inline double relative_entropy(float* r, const float* x, std::size_t n) noexcept {
  float share = 0;
  (void)exponentials(r, n, share);
  double scores = 0, logs = 0;  // means of x and of log softmax(r), under softmax(r)
  for (std::size_t i = 0; i < n; ++i) {
    r[i] *= share;
    const auto p = static_cast<double>(r[i]);
    scores += p * static_cast<double>(x[i]);
    if (p > 0) logs += p * __builtin_log(p);
  }
  return logs - scores;
}

}  // namespace detail

/// L = -log softmax(x)[target] + beta KL(softmax(r) || softmax(x)) for one token's scores x: [V].
/// x becomes weight * dL/dx = weight ((1 + beta) softmax(x) - onehot(target) - beta softmax(r)).
///
/// @param r  a reference's scores: [V], overwritten; null where there is none
inline loss_sums cross_entropy(float* x, std::int32_t target, std::size_t n, float weight,
                               float* r = nullptr, float beta = 0) noexcept {
  if (target == not_a_target) {
    for (std::size_t i = 0; i < n; ++i) x[i] = 0.0f;
    return {};
  }
  const auto at = static_cast<std::size_t>(target);
  loss_sums loss{.tokens = 1, .correct = detail::is_highest(x, n, at)};
  const auto score = static_cast<double>(x[at]);
  if (r != nullptr) loss.divergence = detail::relative_entropy(r, x, n);
  float share = 0;
  const double log_sum = detail::exponentials(x, n, share);
  loss.sum = log_sum - score;
  const float all = weight * (r == nullptr ? 1.0f : 1.0f + beta) * share;
  for (std::size_t i = 0; i < n; ++i) x[i] *= all;
  x[at] -= weight;
  if (r == nullptr) return loss;
  loss.divergence += log_sum;
  for (std::size_t i = 0; i < n; ++i) x[i] -= weight * beta * r[i];
  return loss;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
