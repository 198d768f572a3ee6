#ifndef TRILITH_BACKENDS_SIMD_SCALAR_GRADIENTS_HPP
#define TRILITH_BACKENDS_SIMD_SCALAR_GRADIENTS_HPP

#include <trilith/backends/simd/gradient_kernels.hpp>
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

}  // namespace trilith::simd::scalar

namespace trilith::simd {
inline constexpr gradient_kernels scalar_gradients{"SCALAR", false, &scalar::multiply_floats,
                                                   &scalar::split, &scalar::transpose_bytes};
}  // namespace trilith::simd

#endif
