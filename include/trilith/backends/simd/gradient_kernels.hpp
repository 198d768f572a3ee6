#ifndef TRILITH_BACKENDS_SIMD_GRADIENT_KERNELS_HPP
#define TRILITH_BACKENDS_SIMD_GRADIENT_KERNELS_HPP

#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/core/half.hpp>

namespace trilith::simd {

/// A float product with any strides, or a tile of one:
///
///     out[m, n] = (adds ? out[m, n] : 0) + sum_k left(m, k) right(k, n)
///
/// with left(m, k) = left[m * left_row + k * left_step], [rows, depth], and
/// right(k, n) = right[k * right_step + n * right_col], [depth, cols].
struct float_product {
  const float* left = nullptr;
  std::size_t left_row = 0, left_step = 1;
  const float* right = nullptr;
  std::size_t right_step = 0, right_col = 1;
  float* out = nullptr;  ///< [rows, cols]
  std::size_t out_stride = 0;
  std::size_t rows = 0, cols = 0, depth = 0;
  bool adds = false;
};

/// What a kernel packs at once: up to `lanes` rows and columns of `depth` values, which the second
/// cache holds besides a part of out. Panels of 256 values would all begin in one set of the first.
struct float_tile_limits {
  static constexpr std::size_t lanes = 768, cols = 480, depth = 240;
  static constexpr std::size_t memory = lanes * depth;  ///< floats
};

struct bf16_limits {
  /// Magnitudes below it become 0: what is left are multiples of 2^-63, their products and sums
  /// multiples of 2^-126, and none is subnormal, which some instructions would flush.
  static constexpr float smallest = 0x1p-56f;
  static constexpr std::size_t tile_steps = 32;  ///< of a pair of chains of multiply_bf16_tiles
};

/// x as multiply_bf16 takes it: to bfloat16, nearest, ties to even; +0 below bf16_limits::smallest.
[[nodiscard]] constexpr float bf16_operand(float x) noexcept {
  const float magnitude = x < 0.0f ? -x : x;
  return magnitude < bf16_limits::smallest ? 0.0f : to_float(to_bfloat16(x));
}

/// What backward passes compute on one row of n values, to the bits of the plain loops in
/// scalar_gradients.hpp on every target (test/kernels/gradient_rows.cpp): sums are in the fixed
/// order of core/numeric.hpp, and nothing is fused. Rows may begin at any element.
struct gradient_row_kernels {
  /// max x_i; n >= 1
  float (*highest)(const float* x, std::size_t n) noexcept = nullptr;
  /// x_i = near_exponential(factor (x_i - top)); returns their sum
  float (*exponentials)(float* x, float top, float factor, std::size_t n) noexcept = nullptr;
  /// p_i *= share, then d_i = p_i (d_i - delta) factor: of softmax with p / share given
  void (*softmax_back)(float* p, float* d, float share, float delta, float factor,
                       std::size_t n) noexcept = nullptr;
  /// sum_i (g_i dy_i) x_i, or dy_i x_i where g is null
  float (*gained_dot)(const float* g, const float* dy, const float* x,
                      std::size_t n) noexcept = nullptr;
  /// dx_i = f (g_i dy_i) - pull x_i and, where g is not null, dgain_i = dy_i (x_i f); dx may be dy
  void (*rms_back)(const float* x, const float* g, const float* dy, float* dx, float* dgain,
                   float f, float pull, std::size_t n) noexcept = nullptr;
  /// For z = G(a) u and dz in da:  du_i = dz_i G(a_i), da_i = dz_i u_i G'(a_i)
  void (*relu_squared_back)(const float* a, const float* u, float* da, float* du,
                            std::size_t n) noexcept = nullptr;
  void (*silu_back)(const float* a, const float* u, float* da, float* du,
                    std::size_t n) noexcept = nullptr;
};

/// Up to 16 lanes of gradients, value k of lane i at data[i * lane + k * step], times factors[k]
/// where there are some.
struct split_source {
  const float* data = nullptr;
  std::size_t lane = 0, step = 1;
  std::size_t count = 0, depth = 0;
  const float* factors = nullptr;
};

/// The same in 16 bits, a scale for each lane, cut into two signed bytes:
///
///     value_k ~ scale (256 upper_k + lower_k),  scale = max|value| / 32512
///
/// with the integer rounded to nearest even, |upper| <= 127 and -128 <= lower <= 127.
struct split_lanes {
  std::int8_t* panel = nullptr;  ///< of 16 tokens, `depth` upper and as many lower halves: 2 groups
  float* scales = nullptr;       ///< [16]
  std::int32_t* sums = nullptr;  ///< [16, 2] sums of upper and of lower halves
};

struct split_limits {
  static constexpr float most = 32512;  ///< 127 * 256
  /// Magnitudes are kept at least this large, so that zeros have a scale.
  static constexpr float smallest = 0x1p-100f;
  static constexpr std::size_t depth = float_tile_limits::memory / 16;  ///< packed at once
};

/// What backward passes compute, besides the products of kernel_table.hpp.
struct gradient_kernels {
  const char* target = "";
  /// Whether multiply_floats fuses multiplication and addition; SSE4 and the plain loops cannot.
  bool fuses = false;
  /// Whether multiply_bf16 has instructions of its own, and takes less time than multiply_floats.
  bool pairs_bf16 = false;
  /// Whether multiply_bf16_tiles has.
  bool tiles_bf16 = false;
  /// The product p of at most float_tile_limits::cols columns and, rounded up to 16 and 48,
  /// float_tile_limits::lanes rows and columns; `memory` is on a 64-byte boundary.
  void (*multiply_floats)(const float_product& p, float* memory) noexcept = nullptr;
  /// The same of bf16_operand(left) and bf16_operand(right): one chain for each output, in
  /// ascending k, whose products are exact.
  void (*multiply_bf16)(const float_product& p, float* memory) noexcept = nullptr;
  /// The same operands in the order of tiles: over 32 steps at a time, out += even + odd, with a
  /// chain from +0 for the even and for the odd ones.
  void (*multiply_bf16_tiles)(const float_product& p, float* memory) noexcept = nullptr;
  /// Where a lane is not finite, its scale is not. `memory`: float_tile_limits::memory floats.
  void (*split)(const split_source& g, const split_lanes& to, float* memory) noexcept = nullptr;
  /// to[c * to_stride + r] = from[r * stride + c] for a matrix [rows, cols].
  void (*transpose_bytes)(const std::int8_t* from, std::size_t stride, std::size_t rows,
                          std::size_t cols, std::int8_t* to,
                          std::size_t to_stride) noexcept = nullptr;
  gradient_row_kernels rows;
};

}  // namespace trilith::simd

namespace trilith::TRILITH_IMPLEMENTED {
/// The functions of an instruction set; of the next lower one that has some of its own.
const simd::gradient_kernels& gradient_kernels_of(simd::target which) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::simd {
/// Those of the instruction set whose products run.
[[nodiscard]] inline const gradient_kernels& gradients() noexcept {
  return TRILITH_IMPLEMENTED::gradient_kernels_of(kernels().id);
}
}  // namespace trilith::simd

#endif
