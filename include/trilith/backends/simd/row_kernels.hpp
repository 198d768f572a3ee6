#ifndef TRILITH_BACKENDS_SIMD_ROW_KERNELS_HPP
#define TRILITH_BACKENDS_SIMD_ROW_KERNELS_HPP

#include <trilith/backends/simd/kernel_table.hpp>

namespace trilith::simd {

/// What is computed on one token's values between the matrix products, to the bits of the plain
/// loops in scalar_rows.hpp (test/kernels/rows.cpp; of a NaN only that it is one). Rows may begin
/// at any element; nothing past their ends is read or written.
struct row_kernels {
  const char* target = "";
  /// sum_i x_i^2 in the fixed order of core/numeric.hpp.
  float (*sum_of_squares)(const float* x, std::size_t n) noexcept = nullptr;
  /// y_i = (x_i * factor) * gain_i, without the gains if they are null; y may be x.
  void (*scale)(const float* x, float factor, const float* gains, float* y,
                std::size_t n) noexcept = nullptr;
  /// activations::int8<> of x; returns its scale.
  float (*quantize)(const float* x, std::int8_t* q, std::size_t n) noexcept = nullptr;
  /// activations::int4<> of x; returns its scale.
  float (*quantize_int4)(const float* x, std::int8_t* q, std::size_t n) noexcept = nullptr;
  /// activations::keep_largest
  void (*keep_largest)(const float* x, std::int8_t* q, std::size_t n,
                       std::size_t k) noexcept = nullptr;
  /// scale(), then quantize() of y.
  float (*scale_and_quantize)(const float* x, float factor, const float* gains, float* y,
                              std::int8_t* q, std::size_t n) noexcept = nullptr;
  /// sums[g] = the sum of q over the g-th `group` values, the last group perhaps shorter.
  void (*sum_groups)(const std::int8_t* q, std::size_t n, std::size_t group,
                     std::int32_t* sums) noexcept = nullptr;
  /// gate_i = G(gate_i) * up_i for the gates of layers/gates.hpp; returns sum_of_squares(gate, n).
  float (*relu_squared)(float* gate, const float* up, std::size_t n) noexcept = nullptr;
  float (*silu)(float* gate, const float* up, std::size_t n) noexcept = nullptr;
  /// h_i += y_i
  void (*add)(float* h, const float* y, std::size_t n) noexcept = nullptr;
  /// The pairings of layers/rotary.hpp on x: [heads, head_dim].
  void (*turn_half_split)(float* x, std::size_t heads, const float* cosines, const float* sines,
                          std::size_t head_dim) noexcept = nullptr;
  void (*turn_interleaved)(float* x, std::size_t heads, const float* cosines, const float* sines,
                           std::size_t head_dim) noexcept = nullptr;
};

}  // namespace trilith::simd

namespace trilith::TRILITH_IMPLEMENTED {
/// The functions of an instruction set; of the next lower one that has some of its own.
const simd::row_kernels& row_kernels_of(simd::target which) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::simd {
/// Those of the instruction set whose products run.
[[nodiscard]] inline const row_kernels& rows() noexcept {
  return TRILITH_IMPLEMENTED::row_kernels_of(kernels().id);
}
}  // namespace trilith::simd

#endif
