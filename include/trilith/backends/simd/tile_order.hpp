#ifndef TRILITH_BACKENDS_SIMD_TILE_ORDER_HPP
#define TRILITH_BACKENDS_SIMD_TILE_ORDER_HPP

#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/core/numeric.hpp>

/// The order in which tiles of AMX add products of bfloat16, for targets without tiles.
namespace trilith::simd {

/// Every second step of some steps of a product, from its step `first` on.
[[nodiscard]] inline float_product every_second_step(float_product p, std::size_t first,
                                                     std::size_t end, float* out) noexcept {
  p.left += first * p.left_step;
  p.right += first * p.right_step;
  p.left_step *= 2;
  p.right_step *= 2;
  p.depth = first < end ? (end - first + 1) / 2 : 0;
  p.out = out;
  p.out_stride = p.cols;
  p.adds = false;
  return p;
}

/// out += even + odd
TRILITH_EXACT_FLOAT inline void add_chains(const float_product& p, const float* even,
                                           const float* odd) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t m = 0; m < p.rows; ++m, even += p.cols, odd += p.cols)
    for (std::size_t n = 0; n < p.cols; ++n) p.out[m * p.out_stride + n] += even[n] + odd[n];
}

/// The multiply_bf16_tiles of gradient_kernels by multiply_bf16, whose chains begin anew for the
/// even and for the odd ones of 32 steps.
template <void (*MultiplyBf16)(const float_product&, float*) noexcept>
void multiply_in_tile_order(const float_product& p, float* memory) noexcept {
  constexpr std::size_t rows = 48, step = bf16_limits::tile_steps;
  float* const even = memory;
  float* const odd = even + rows * float_tile_limits::cols;
  float* const panels = odd + rows * float_tile_limits::cols;
  for (std::size_t m = 0; m < p.rows; m += rows) {
    float_product part = p;
    part.rows = min_of(rows, p.rows - m);
    part.left += m * p.left_row;
    part.out += m * p.out_stride;
    for (std::size_t r = 0; !p.adds && r < part.rows; ++r)
      for (std::size_t n = 0; n < p.cols; ++n) part.out[r * p.out_stride + n] = 0.0f;
    for (std::size_t k = 0; k < p.depth; k += step) {
      const std::size_t end = min_of(k + step, p.depth);
      MultiplyBf16(every_second_step(part, k, end, even), panels);
      MultiplyBf16(every_second_step(part, k + 1, end, odd), panels);
      add_chains(part, even, odd);
    }
  }
}

}  // namespace trilith::simd

#endif
