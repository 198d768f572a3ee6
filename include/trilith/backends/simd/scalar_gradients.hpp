#ifndef TRILITH_BACKENDS_SIMD_SCALAR_GRADIENTS_HPP
#define TRILITH_BACKENDS_SIMD_SCALAR_GRADIENTS_HPP

#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/backends/simd/tile_order.hpp>
#include <trilith/core/numeric.hpp>

/// The plain loops as a table.
namespace trilith::simd::scalar {

TRILITH_EXACT_FLOAT inline void multiply_floats(const float_product& p, float*) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t m = 0; m < p.rows; ++m) {
    float* const out = p.out + m * p.out_stride;
    for (std::size_t n = 0; !p.adds && n < p.cols; ++n) out[n] = 0.0f;
    for (std::size_t k = 0; k < p.depth; ++k) {
      const float left = p.left[m * p.left_row + k * p.left_step];
      const float* const right = p.right + k * p.right_step;
      for (std::size_t n = 0; n < p.cols; ++n) out[n] += left * right[n * p.right_col];
    }
  }
}

/// memory: p.cols floats
TRILITH_EXACT_FLOAT inline void multiply_bf16(const float_product& p, float* memory) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t m = 0; m < p.rows; ++m)
    for (std::size_t n = 0; !p.adds && n < p.cols; ++n) p.out[m * p.out_stride + n] = 0.0f;
  for (std::size_t k = 0; k < p.depth; ++k) {
    for (std::size_t n = 0; n < p.cols; ++n)
      memory[n] = bf16_operand(p.right[k * p.right_step + n * p.right_col]);
    for (std::size_t m = 0; m < p.rows; ++m) {
      const float left = bf16_operand(p.left[m * p.left_row + k * p.left_step]);
      for (std::size_t n = 0; n < p.cols; ++n) p.out[m * p.out_stride + n] += left * memory[n];
    }
  }
}

/// One lane of split(), the lane-th of the panel.
TRILITH_EXACT_FLOAT inline void split_lane(const split_source& g, const split_lanes& to,
                                           std::size_t lane) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const auto value = [&](std::size_t k) {
    const float x = lane < g.count ? g.data[lane * g.lane + k * g.step] : 0.0f;
    return g.factors == nullptr ? x : x * g.factors[k];
  };
  std::uint32_t top = std::bit_cast<std::uint32_t>(split_limits::smallest);
  for (std::size_t k = 0; k < g.depth; ++k)
    top = max_of(top, std::bit_cast<std::uint32_t>(absolute(value(k))));
  const float magnitude = std::bit_cast<float>(top), most = split_limits::most;
  const float multiplier = most / magnitude;
  std::int8_t* const upper = to.panel + 4 * lane;
  std::int8_t* const lower = upper + round_up(g.depth, panel_values) * panel_tokens;
  std::int32_t sums[2] = {0, 0};
  for (std::size_t k = 0; k < g.depth; ++k) {
    const float scaled = value(k) * multiplier;
    const float clipped = scaled > -most ? (scaled < most ? scaled : most) : -most;  // NaN: -most
    const auto both = static_cast<std::int32_t>(round_even(clipped));
    const std::int32_t up = (both + 128) >> 8, low = both - 256 * up;
    upper[k / 4 * 4 * panel_tokens + k % 4] = static_cast<std::int8_t>(up);
    lower[k / 4 * 4 * panel_tokens + k % 4] = static_cast<std::int8_t>(low);
    sums[0] += up;
    sums[1] += low;
  }
  to.scales[lane] = magnitude / most;
  to.sums[2 * lane] = sums[0];
  to.sums[2 * lane + 1] = sums[1];
}

inline void split(const split_source& g, const split_lanes& to, float*) noexcept {
  __builtin_memset(to.panel, 0, 2 * round_up(g.depth, panel_values) * panel_tokens);
  for (std::size_t lane = 0; lane < panel_tokens; ++lane) split_lane(g, to, lane);
}

inline void transpose_bytes(const std::int8_t* from, std::size_t stride, std::size_t rows,
                            std::size_t cols, std::int8_t* to, std::size_t to_stride) noexcept {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c) to[c * to_stride + r] = from[r * stride + c];
}

[[nodiscard]] inline float highest(const float* x, std::size_t n) noexcept {
  float top = x[0];
  for (std::size_t i = 1; i < n; ++i) top = max_of(top, x[i]);
  return top;
}

TRILITH_EXACT_FLOAT inline float exponentials(float* x, float top, float factor,
                                              std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  float sum[lanes] = {};
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = near_exponential(factor * (x[i] - top));
    sum[i % lanes] += x[i];
  }
  return add_lanes(sum);
}

TRILITH_EXACT_FLOAT inline void softmax_back(float* p, float* d, float share, float delta,
                                             float factor, std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) {
    p[i] *= share;
    d[i] = p[i] * (d[i] - delta) * factor;
  }
}

TRILITH_EXACT_FLOAT inline float gained_dot(const float* g, const float* dy, const float* x,
                                            std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  float sum[lanes] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const float upstream = g == nullptr ? dy[i] : g[i] * dy[i];
    sum[i % lanes] += upstream * x[i];
  }
  return add_lanes(sum);
}

TRILITH_EXACT_FLOAT inline void rms_back(const float* x, const float* g, const float* dy, float* dx,
                                         float* dgain, float f, float pull,
                                         std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) {
    const float upstream = dy[i];
    dx[i] = f * (g == nullptr ? upstream : g[i] * upstream) - pull * x[i];
    if (g != nullptr) dgain[i] = upstream * (x[i] * f);
  }
}

TRILITH_EXACT_FLOAT inline void relu_squared_back(const float* a, const float* u, float* da,
                                                  float* du, std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) {
    const float dz = da[i], above = a[i] > 0.0f ? a[i] : 0.0f;
    du[i] = dz * (above * above);
    da[i] = dz * u[i] * (above + above);
  }
}

TRILITH_EXACT_FLOAT inline void silu_back(const float* a, const float* u, float* da, float* du,
                                          std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) {
    const float dz = da[i], share = 1.0f / (1.0f + near_exponential(-a[i]));
    du[i] = dz * (a[i] * share);
    da[i] = dz * u[i] * (share * (1.0f + a[i] * (1.0f - share)));
  }
}

inline constexpr gradient_row_kernels gradient_rows{
    &highest, &exponentials, &softmax_back, &gained_dot, &rms_back, &relu_squared_back, &silu_back};

}  // namespace trilith::simd::scalar

namespace trilith::simd {
inline constexpr gradient_kernels scalar_gradients{"SCALAR",
                                                   false,
                                                   false,
                                                   false,
                                                   &scalar::multiply_floats,
                                                   &scalar::multiply_bf16,
                                                   &multiply_in_tile_order<&scalar::multiply_bf16>,
                                                   &scalar::split,
                                                   &scalar::transpose_bytes,
                                                   scalar::gradient_rows};
}  // namespace trilith::simd

#endif
