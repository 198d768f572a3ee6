#ifndef TRILITH_BACKENDS_SIMD_SCALAR_ROWS_HPP
#define TRILITH_BACKENDS_SIMD_SCALAR_ROWS_HPP

#include <trilith/activations/int4.hpp>
#include <trilith/activations/int8.hpp>
#include <trilith/activations/top_k.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/core/numeric.hpp>

/// The plain loops as a table: what the functions of every other table must give.
namespace trilith::simd::scalar {

inline float sum_of_squares(const float* x, std::size_t n) noexcept {
  return trilith::sum_of_squares(x, n);
}

inline void scale(const float* x, float factor, const float* gains, float* y,
                  std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const float value = x[i] * factor;
    y[i] = gains == nullptr ? value : value * gains[i];
  }
}

inline float quantize(const float* x, std::int8_t* q, std::size_t n) noexcept {
  return activations::int8<>::quantize(x, q, n);
}

inline float quantize_int4(const float* x, std::int8_t* q, std::size_t n) noexcept {
  return activations::int4<>::quantize(x, q, n);
}

inline void keep_largest(const float* x, std::int8_t* q, std::size_t n, std::size_t k) noexcept {
  activations::keep_largest(x, q, n, k);
}

inline float scale_and_quantize(const float* x, float factor, const float* gains, float* y,
                                std::int8_t* q, std::size_t n) noexcept {
  scale(x, factor, gains, y, n);
  return quantize(y, q, n);
}

inline void sum_groups(const std::int8_t* q, std::size_t n, std::size_t group,
                       std::int32_t* sums) noexcept {
  for (std::size_t first = 0; first < n; first += group) {
    std::int32_t sum = 0;
    for (std::size_t i = first; i < min_of(first + group, n); ++i) sum += q[i];
    *sums++ = sum;
  }
}

inline float relu_squared(float* gate, const float* up, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const float x = gate[i];
    gate[i] = (x > 0.0f ? x * x : x * 0.0f) * up[i];
  }
  return sum_of_squares(gate, n);
}

inline float silu(float* gate, const float* up, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const float x = gate[i];
    gate[i] = x * (1.0f / (1.0f + exponential(-x))) * up[i];
  }
  return sum_of_squares(gate, n);
}

inline void add(float* h, const float* y, std::size_t n) noexcept {
  trilith::add(h, y, n);
}

/// (a, b) -> (a cos - b sin, a sin + b cos) for the pairs a = x[i * step], b = a[apart].
TRILITH_EXACT_FLOAT inline void turn(float* x, std::size_t step, std::size_t apart, const float* c,
                                     const float* s, std::size_t pairs) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < pairs; ++i) {
    float& a = x[i * step];
    float& b = x[i * step + apart];
    const float turned = a * c[i] - b * s[i];
    b = a * s[i] + b * c[i];
    a = turned;
  }
}

inline void turn_half_split(float* x, std::size_t heads, const float* c, const float* s,
                            std::size_t head_dim) noexcept {
  for (std::size_t h = 0; h < heads; ++h)
    turn(x + h * head_dim, 1, head_dim / 2, c, s, head_dim / 2);
}

inline void turn_interleaved(float* x, std::size_t heads, const float* c, const float* s,
                             std::size_t head_dim) noexcept {
  for (std::size_t h = 0; h < heads; ++h) turn(x + h * head_dim, 2, 1, c, s, head_dim / 2);
}

}  // namespace trilith::simd::scalar

namespace trilith::simd {

inline constexpr row_kernels scalar_rows{"SCALAR",
                                         &scalar::sum_of_squares,
                                         &scalar::scale,
                                         &scalar::quantize,
                                         &scalar::quantize_int4,
                                         &scalar::keep_largest,
                                         &scalar::scale_and_quantize,
                                         &scalar::sum_groups,
                                         &scalar::relu_squared,
                                         &scalar::silu,
                                         &scalar::add,
                                         &scalar::turn_half_split,
                                         &scalar::turn_interleaved};

}  // namespace trilith::simd

#endif
