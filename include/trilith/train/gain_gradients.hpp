#ifndef TRILITH_TRAIN_GAIN_GRADIENTS_HPP
#define TRILITH_TRAIN_GAIN_GRADIENTS_HPP

#include <trilith/layers/norm.hpp>
#include <trilith/train/pass_context.hpp>
#include <trilith/weights/matrix.hpp>

namespace trilith::inline TRILITH_ABI {

/// sum_i += x(t, i) for all rows, in ascending t for any number of threads.
inline void add_columns(span2d<const float> x, float* sum, const executor& run) noexcept {
  run.parallel_for(x.cols, 64, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t t = 0; t < x.rows; ++t) add(sum + first, &x(t, first), last - first);
  });
}

namespace detail {
/// N::backward, by the row kernels where they know N: the same bits
/// (test/unit/training_pass.cpp).
template <Norm N>
void norm_back(const float* x, [[maybe_unused]] const float* gains, const float* dy, float* dx,
               float* dgain, std::size_t n, float eps) noexcept {
  if constexpr (is_root_mean_square<N>) {
    const auto& rows = simd::gradients().rows;
    const float* const g = N::has_gain ? gains : nullptr;
    const float f = rms_norm<>::factor_of(simd::rows().sum_of_squares(x, n), n, eps);
    const float pull = rows.gained_dot(g, dy, x, n) * f * f * f / static_cast<float>(n);
    rows.rms_back(x, g, dy, dx, dgain, f, pull, n);
  } else {
    N::backward(x, gains, dy, dx, dgain, n, eps);
  }
}
}  // namespace detail

/// The backward pass of y = N(x), row by row: dx from dy, which may be the same rows, and the
/// gradient of the gains added to `dgain`.
template <Norm N>
void normalize_back(const normed<N>& x, span2d<const float> dy, span2d<float> dx,
                    parameter_vector& dgain, pass_context& c) noexcept {
  static_assert(DifferentiableNorm<N>,
                "trilith::training_pass: this norm has no backward(x, gain, dy, dx, dgain, n, "
                "eps); add it beside apply() (docs/errors.md).");
  const auto parts = c.gains.rows(x.rows.rows).columns(x.rows.cols);
  c.run().parallel_for(dx.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t t = first; t < last; ++t)
      detail::norm_back<N>(&x.rows(t, 0), x.gains, &dy(t, 0), &dx(t, 0), &parts(t, 0), x.rows.cols,
                           x.eps);
  });
  if constexpr (N::has_gain) add_columns(parts, dgain.values.data(), c.run());
}

/// The same for a norm of each head, whose gains all heads share; x, dy: [T, heads * head_dim].
template <Norm N>
void normalize_heads_back(const normed<N>& x, span2d<float> dy, parameter_vector& dgain,
                          std::size_t head_dim, pass_context& c) noexcept {
  const std::size_t heads = x.rows.cols / head_dim;
  // rows of a matrix without gaps between them are rows of heads
  for (std::size_t h = 0; h < heads; ++h) {
    const auto part = [&](auto rows) noexcept {
      rows.data += h * head_dim;
      rows.cols = head_dim;
      return rows;
    };
    normalize_back(normed<N>{part(x.rows), x.gains, x.eps}, part(span2d<const float>(dy)), part(dy),
                   dgain, c);
  }
}

}  // namespace trilith::inline TRILITH_ABI

#endif
