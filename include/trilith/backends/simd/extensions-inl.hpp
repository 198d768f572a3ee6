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
static constexpr kernel_table table = [] {
  kernel_table t = N_AVX2::table;
  t.target = "AVX2_VNNI";
  t.id = target::avx2_vnni;
  t.set_int8({&multiply_few<packing::bits1>, &multiply_few<packing::bits2>,
              &multiply_few<packing::base3>, t.int8[3], &multiply_few<packing::bits8>});
  t.set_batch(
      {&multiply_batch<packing::bits1, lane_tiles>, &multiply_batch<packing::bits2, lane_tiles>,
       &multiply_batch<packing::base3, lane_tiles>, &multiply_batch<packing::bits4, lane_tiles>,
       &multiply_batch<packing::bits8, lane_tiles>},
      8);
  return t;
}();
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
static constexpr kernel_table table = [] {
  kernel_table t = N_AVX3::table;
  t.target = "AVX3_VNNI";
  t.id = target::avx3_vnni;
  t.set_int8({&multiply_few<packing::bits1>, &multiply_few<packing::bits2>,
              &multiply_few<packing::base3>, t.int8[3], &multiply_few<packing::bits8>});
  t.set_batch(
      {&multiply_batch<packing::bits1, lane_tiles>, &multiply_batch<packing::bits2, lane_tiles>,
       &multiply_batch<packing::base3, lane_tiles>, &multiply_batch<packing::bits4, lane_tiles>,
       &multiply_batch<packing::bits8, lane_tiles>},
      12);
  return t;
}();
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_POP_ATTRIBUTES

#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_VBMI
#define TRILITH_SIMD_NAMESPACE N_AVX3_DL
#define TRILITH_SIMD_VBMI 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni,avx512vbmi")

#include <trilith/backends/simd/int8_products-inl.hpp>

#include <trilith/backends/simd/amx-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
static constexpr kernel_table table = [] {
  kernel_table t = N_AVX3_VNNI::table;
  t.target = "AVX3_DL";
  t.id = target::avx3_dl;
  constexpr auto three = static_cast<std::size_t>(weight_format::base3);
  t.int8[three] = &multiply_few<packing::base3>;
  t.batch[three] = &multiply_batch<packing::base3, lane_tiles>;
  return t;
}();
static constexpr kernel_table amx_table = [] {
  kernel_table t = table;
  t.target = "AMX";
  t.id = target::amx;
  t.set_batch(
      {&multiply_batch<packing::bits1, amx_tiles>, &multiply_batch<packing::bits2, amx_tiles>,
       &multiply_batch<packing::base3, amx_tiles>, &multiply_batch<packing::bits4, amx_tiles>,
       &multiply_batch<packing::bits8, amx_tiles>},
      2);
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
  kernel_table t = HWY_NAMESPACE::table;
  t.target = "NEON_DOT";
  t.id = target::neon_dot;
  // raw values of bits8 are no signed bytes
  t.set_int8({&multiply_few<packing::bits1>, &multiply_few<packing::bits2>,
              &multiply_few<packing::base3>, t.int8[3], t.int8[4]});
  t.set_batch(
      {&multiply_batch<packing::bits1, lane_tiles>, &multiply_batch<packing::bits2, lane_tiles>,
       &multiply_batch<packing::base3, lane_tiles>, &multiply_batch<packing::bits4, lane_tiles>,
       nullptr},
      12);
  t.arrange = &arrange;
  return t;
}();
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
