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

/// What one token's loss is made of:
///
///     L = -a log softmax(x)[target] + beta KL(softmax(r) || softmax(x))
struct token_loss {
  float weight = 1;            ///< of the whole, in the gradient
  float* reference = nullptr;  ///< r: [V], overwritten; null where there is none
  float beta = 0;
  float target = 1;  ///< a; below 0 the target becomes less likely, as policy gradients want
};

/// The sums of one token's scores x: [V]. x becomes
///
///     weight dL/dx = weight ((a + beta) softmax(x) - a onehot(target) - beta softmax(r))
inline loss_sums cross_entropy(float* x, std::int32_t target, std::size_t n,
                               const token_loss& l) noexcept {
  if (target == not_a_target) {
    for (std::size_t i = 0; i < n; ++i) x[i] = 0.0f;
    return {};
  }
  float* const r = l.reference;
  const auto at = static_cast<std::size_t>(target);
  loss_sums loss{.tokens = 1, .correct = detail::is_highest(x, n, at)};
  const auto score = static_cast<double>(x[at]);
  if (r != nullptr) loss.divergence = detail::relative_entropy(r, x, n);
  float share = 0;
  const double log_sum = detail::exponentials(x, n, share);
  loss.sum = log_sum - score;
  const float all = l.weight * (r == nullptr ? l.target : l.target + l.beta) * share;
  for (std::size_t i = 0; i < n; ++i) x[i] *= all;
  x[at] -= l.weight * l.target;
  if (r == nullptr) return loss;
  loss.divergence += log_sum;
  for (std::size_t i = 0; i < n; ++i) x[i] -= l.weight * l.beta * r[i];
  return loss;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
