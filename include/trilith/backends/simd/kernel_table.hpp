#ifndef TRILITH_BACKENDS_SIMD_KERNEL_TABLE_HPP
#define TRILITH_BACKENDS_SIMD_KERNEL_TABLE_HPP

#include <trilith/config.hpp>

#include <cstddef>
#include <cstdint>

namespace trilith::simd {

/// The instruction sets that have kernels of their own, ascending. `neon_dot` is NEON with the dot
/// products of ARMv8.2, `avx2_vnni` is AVX2 with the 256-bit dot products of AVX-VNNI, `avx3`
/// AVX-512 as in Skylake, `avx3_vnni` with the dot products of Cascade Lake, `avx3_dl` with the
/// byte permutations and bit matrices of Ice Lake too, `amx` with tiles of int8 and bfloat16.
enum class target : std::uint8_t {
  scalar,
  sse4,
  neon,
  neon_dot,
  avx2,
  avx2_vnni,
  avx3,
  avx3_vnni,
  avx3_dl,
  amx
};
/// How the weights of a product lie in memory. The first five are packings of integer codes, the
/// others plain row-major arrays.
enum class weight_format : std::uint8_t { bits1, bits2, base3, bits4, bits8, f32, f16, bf16 };
inline constexpr std::size_t weight_formats = 8;

/// One matrix product with the sizes erased: a kernel is compiled once per format, not per shape.
///
///     y[t, o] = sum_g float(sum_{i in g} code[o, i] * x[t, i]) * (scale[o, g] * x_scale[t])
///
/// with the groups g added in ascending order, starting from +0, without fused multiply-add; the
/// inner sum is an exact int32 for int8 activations and `dot_into` of core/numeric.hpp for float
/// ones. Plain float weights have one group, and scale 1.
struct product {
  const void* weights = nullptr;  ///< [rows, row_bytes] bytes
  std::size_t rows = 0;           ///< Out
  std::size_t cols = 0;           ///< In
  std::size_t row_bytes = 0;      ///< from one row to the next
  std::size_t group = 0;          ///< weights that share a scale; cols if all of a row do
  std::size_t group_bytes = 0;    ///< from one group to the next; every group is a packed row of
                                  ///< its own, of `group` codes, the last perhaps of fewer
  const float* scales = nullptr;  ///< scale[o, g] = scales[o * scale_row + g * scale_group]
  std::size_t scale_row = 0;
  std::size_t scale_group = 0;
  const void* x = nullptr;   ///< [tokens, cols] int8 or float, 64 readable bytes after the end
  std::size_t x_stride = 0;  ///< elements from one token to the next
  const float* x_scales = nullptr;       ///< [tokens]
  const std::int32_t* x_sums = nullptr;  ///< [tokens, groups] sums of x over each group; int8 only
  std::size_t tokens = 0;
  float* y = nullptr;  ///< [tokens, rows]
  std::size_t y_stride = 0;
  /// x once more, as arrange() writes it, or null; int8 only
  const std::int8_t* panel = nullptr;
  /// For `listed`: ascending rows. It computes those at places [first, last) of this list.
  const std::uint32_t* only = nullptr;
};

/// How int8 activations lie for products with many tokens. Sixteen tokens side by side, four values
/// of each in turn; the groups of scales begin at multiples of 64 values:
///
///     panel[tokens / 16][groups][round_up(group, 64) / 4][16][4], the gaps filled with zeros
inline constexpr std::size_t panel_tokens = 16, panel_values = 64;

/// Values of a token in a panel.
[[nodiscard]] constexpr std::size_t panel_width(std::size_t cols, std::size_t group) noexcept {
  const auto padded = [](std::size_t n) {
    return (n + panel_values - 1) / panel_values * panel_values;
  };
  return group == 0 ? 0 : cols / group * padded(group) + padded(cols % group);
}

/// Writes the panel of up to 16 tokens: x: [tokens, cols], stride apart.
using arrange_fn = void (*)(const std::int8_t* x, std::size_t stride, std::size_t tokens,
                            std::size_t cols, std::size_t group, std::int8_t* panel) noexcept;

/// Computes rows [first, last) of the product for every token. Never allocates.
using product_fn = void (*)(const product&, std::size_t first, std::size_t last) noexcept;

/// The kernels of one instruction set. Empty places have no kernel.
struct kernel_table {
  const char* target = "";  ///< e.g. "AVX2", "AVX3_VNNI"
  simd::target id = simd::target::scalar;
  product_fn int8[weight_formats] = {};  ///< by weight_format, int8 activations
  product_fn f32[weight_formats] = {};   ///< by weight_format, float activations
  /// int8 activations of one token, one group of scales in a row, rows of product::only
  product_fn listed[weight_formats] = {};
  product_fn batch[weight_formats] = {};  ///< int8 activations in a panel
  /// From how many tokens on `batch` is the faster one.
  std::size_t batch_from = 0;
  arrange_fn arrange = nullptr;  ///< null where there is no `batch`
};

/// The same table under another name, for an extension to change.
[[nodiscard]] constexpr kernel_table named(kernel_table t, const char* name, target id) noexcept {
  t.target = name;
  t.id = id;
  return t;
}

}  // namespace trilith::simd

namespace trilith::TRILITH_IMPLEMENTED {
/// The table of the best instruction set this CPU has, or of the one TRILITH_TARGET names.
const simd::kernel_table& kernels() noexcept;
/// The i-th table this CPU can run, best first; null past the last.
const simd::kernel_table* kernels_at(std::size_t i) noexcept;
/// Makes kernels() return the table of that name; false if this CPU or build lacks it. For tests
/// and benchmarks; not while a product runs.
bool choose_kernels(const char* target) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::simd {
using TRILITH_IMPLEMENTED::choose_kernels;
using TRILITH_IMPLEMENTED::kernels;
using TRILITH_IMPLEMENTED::kernels_at;
}  // namespace trilith::simd

#endif
