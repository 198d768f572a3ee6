#ifndef TRILITH_BACKENDS_SIMD_GRADIENT_KERNELS_HPP
#define TRILITH_BACKENDS_SIMD_GRADIENT_KERNELS_HPP

#include <trilith/backends/simd/kernel_table.hpp>

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
  /// The product p of at most float_tile_limits::cols columns and, rounded up to 16 and 48,
  /// float_tile_limits::lanes rows and columns; `memory` is on a 64-byte boundary.
  void (*multiply_floats)(const float_product& p, float* memory) noexcept = nullptr;
  /// Where a lane is not finite, its scale is not. `memory`: float_tile_limits::memory floats.
  void (*split)(const split_source& g, const split_lanes& to, float* memory) noexcept = nullptr;
  /// to[c * to_stride + r] = from[r * stride + c] for a matrix [rows, cols].
  void (*transpose_bytes)(const std::int8_t* from, std::size_t stride, std::size_t rows,
                          std::size_t cols, std::int8_t* to,
                          std::size_t to_stride) noexcept = nullptr;
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
