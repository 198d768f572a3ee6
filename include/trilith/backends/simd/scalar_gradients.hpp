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

}  // namespace trilith::simd::scalar

namespace trilith::simd {
inline constexpr gradient_kernels scalar_gradients{"SCALAR", false, &scalar::multiply_floats};
}  // namespace trilith::simd

#endif
