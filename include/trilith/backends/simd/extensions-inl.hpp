// A fragment of kernels-inl.hpp: int8 products with the extensions of an instruction set. What an
// extension does not change is taken from the table below it.

#if defined(__x86_64__) && HWY_TARGET == HWY_AVX2
#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_DOTS
#define TRILITH_SIMD_NAMESPACE N_AVX2_VNNI
#define TRILITH_SIMD_DOTS 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avxvnni")

#include <trilith/backends/simd/int8_products-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
static constexpr kernel_table table =
    with_dots(named(N_AVX2::table, "AVX2_VNNI", target::avx2_vnni), 12);
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_POP_ATTRIBUTES
#endif

#if defined(__x86_64__) && HWY_TARGET == HWY_AVX3
#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_DOTS
#define TRILITH_SIMD_NAMESPACE N_AVX3_VNNI
#define TRILITH_SIMD_DOTS 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")

#include <trilith/backends/simd/int8_products-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
static constexpr kernel_table table =
    with_dots(named(N_AVX3::table, "AVX3_VNNI", target::avx3_vnni), 12);
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_POP_ATTRIBUTES

#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_VBMI
#define TRILITH_SIMD_NAMESPACE N_AVX3_DL
#define TRILITH_SIMD_VBMI 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni,avx512vbmi,gfni")

#include <trilith/backends/simd/int8_products-inl.hpp>

#include <trilith/backends/simd/amx-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
static constexpr kernel_table table = [] {
  kernel_table t = named(N_AVX3_VNNI::table, "AVX3_DL", target::avx3_dl);
  constexpr auto three = static_cast<std::size_t>(weight_format::base3);
  t.int8[three] = &multiply_few<packing::base3>;
  t.listed[three] = &multiply_listed<packing::base3>;
  t.batch[three] = &multiply_batch<packing::base3, lane_tiles>;
  return t;
}();
static constexpr kernel_table amx_table = [] {
  kernel_table t = named(table, "AMX", target::amx);
  const product_fn batch[] = {&multiply_tiles<packing::bits1>, &multiply_tiles<packing::bits2>,
                              &multiply_tiles<packing::base3>, &multiply_tiles<packing::bits4>,
                              &multiply_bytes};
  for (std::size_t i = 0; i < 5; ++i) t.batch[i] = batch[i];
  t.batch_from = 2;
  return t;
}();
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_POP_ATTRIBUTES
#endif

#if TRILITH_SIMD_HAS_NEON_DOT
#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_DOTS
#undef TRILITH_SIMD_LANES
#define TRILITH_SIMD_NAMESPACE N_NEON_DOT
#define TRILITH_SIMD_DOTS 1
#define TRILITH_SIMD_LANES 1
HWY_BEFORE_NAMESPACE();

#include <trilith/backends/simd/int8_products-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
static constexpr kernel_table table = [] {
  kernel_table t = with_dots(named(HWY_NAMESPACE::table, "NEON_DOT", target::neon_dot), 12);
  // raw values of bits8 are no signed bytes
  constexpr auto eight = static_cast<std::size_t>(weight_format::bits8);
  t.int8[eight] = HWY_NAMESPACE::table.int8[eight];
  t.listed[eight] = HWY_NAMESPACE::table.listed[eight];
  t.batch[eight] = nullptr;
  t.arrange = &arrange;
  return t;
}();
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
