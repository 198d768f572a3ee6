// A fragment of kernels-inl.hpp: what backward passes compute.
#include <trilith/backends/simd/float_panels-inl.hpp>

#include <trilith/backends/simd/outer_sums-inl.hpp>

#include <trilith/backends/simd/float_product-inl.hpp>

#include <trilith/backends/simd/bf16_product-inl.hpp>

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
#include <trilith/backends/simd/tile_product-inl.hpp>
#endif

#include <trilith/backends/simd/gradient_rows-inl.hpp>

#include <trilith/backends/simd/gradient_split-inl.hpp>

#include <trilith/backends/simd/byte_transpose-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

[[maybe_unused]] static constexpr gradient_kernels gradients_table{
    TRILITH_SIMD_NAME,
    fuses,
    false,
    false,
    &multiply_matrices<as_floats>,
    &multiply_matrices<as_rounded>,
    &multiply_in_tile_order<&multiply_matrices<as_rounded>>,
    &split_gradients,
    &transpose_bytes,
    gradient_rows};

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
[[maybe_unused]] static constexpr gradient_kernels bf16_gradients_table = [] {
  gradient_kernels t = gradients_table;
  t.target = "AVX3_BF16";
  t.pairs_bf16 = true;
  t.multiply_bf16 = &multiply_matrices<as_pairs>;
  return t;
}();

[[maybe_unused]] static constexpr gradient_kernels amx_gradients_table = [] {
  gradient_kernels t = gradients_table;
  t.target = "AMX";
  t.tiles_bf16 = true;
  t.multiply_bf16_tiles = &multiply_tiles;
  return t;
}();
#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
