#ifndef TRILITH_TRAIN_GRADIENTS_HPP
#define TRILITH_TRAIN_GRADIENTS_HPP

#include <trilith/core/executor.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/train/double_math.hpp>

#include <cstddef>
#include <span>

/// What is done to all gradients of a step together. `gradients` is one span per tensor.
namespace trilith::inline TRILITH_ABI {

namespace detail {

/// Floats whose squares are added on their own; the sums of blocks are added in ascending order.
inline constexpr std::size_t norm_block = 4096;

/// sum_i x_i^2 in double, element i in lane i % lanes.
[[nodiscard]] TRILITH_EXACT_FLOAT inline double block_of_squares(const float* x,
                                                                 std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  double sum[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l)
      sum[l] += static_cast<double>(x[i + l]) * static_cast<double>(x[i + l]);
  for (std::size_t l = 0; i + l < n; ++l)
    sum[l] += static_cast<double>(x[i + l]) * static_cast<double>(x[i + l]);
  return add_lanes(sum);
}

}  // namespace detail

/// sum_i x_i^2 in double, in one order for any number of threads. No float is too large for it.
/// Cost: one read of x.
[[nodiscard]] inline double squared_norm(std::span<const float> x,
                                         const executor& threads = {}) noexcept {
  constexpr std::size_t at_once = 64;  // blocks whose sums are kept until they are added
  const std::size_t blocks = ceil_div(x.size(), detail::norm_block);
  double sum = 0;
  for (std::size_t first = 0; first < blocks; first += at_once) {
    double part[at_once];
    const std::size_t count = min_of(at_once, blocks - first);
    threads.parallel_for(count, 4, [&](std::size_t begin, std::size_t end) {
      for (std::size_t b = begin; b < end; ++b) {
        const std::size_t at = (first + b) * detail::norm_block;
        part[b] =
            detail::block_of_squares(x.data() + at, min_of(x.size() - at, detail::norm_block));
      }
    });
    for (std::size_t b = 0; b < count; ++b) sum += part[b];
  }
  return sum;
}

/// The norm of all gradients as one vector: sqrt(sum over tensors of squared_norm), in the order of
/// the tensors. Not finite where a gradient is not.
template <class Gradients>
[[nodiscard]] double global_norm(const Gradients& gradients,
                                 const executor& threads = {}) noexcept {
  double sum = 0;
  for (const auto& g : gradients) sum += squared_norm(g, threads);
  return sum - sum == 0 ? double_math::square_root(sum) : sum;
}

/// g_i *= factor
inline void scale_gradient(std::span<float> g, float factor,
                           const executor& threads = {}) noexcept {
  threads.parallel_for(g.size(), 16384, [&](std::size_t begin, std::size_t end) {
    scale_by(g.data() + begin, factor, end - begin);
  });
}

/// Scales all gradients by min(1, most / (norm + 1e-6)) and returns the norm they had, as
/// torch.nn.utils.clip_grad_norm_ does. Where the norm is not finite nothing is changed: skip the
/// step. Cost: a read, and a read and a write where they are clipped.
/// @see Pascanu, Mikolov, Bengio: "On the difficulty of training recurrent neural networks",
///      arXiv 1211.5063, algorithm 1.
template <class Gradients>
double clip_global_norm(Gradients& gradients, double most, const executor& threads = {}) noexcept {
  const double norm = global_norm(gradients, threads);
  const double factor = most / (norm + 1e-6);
  if (norm - norm == 0 && factor < 1)
    for (auto& g : gradients) scale_gradient(g, static_cast<float>(factor), threads);
  return norm;
}

/// Whether no value is infinite or NaN.
template <class Gradients>
[[nodiscard]] bool all_finite(const Gradients& gradients) noexcept {
  bool good = true;
  for (const auto& g : gradients) good = good && is_finite(absmax(g.data(), g.size()));
  return good;
}

/// The norm of all gradients together, which are clipped to `most` where that is not 0.
template <class Gradients>
double norm_after_clipping(Gradients& gradients, double most,
                           const executor& threads = {}) noexcept {
  return most == 0 ? global_norm(gradients, threads) : clip_global_norm(gradients, most, threads);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
