// The kernels of one instruction set, in a namespace of its own; included once per set.
// The other -inl.hpp files are fragments: they are included here alone, between the lines that
// switch the instructions on and off, and under AVX3 a second time for AVX-512 VNNI.
#if defined(TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP
#undef TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP
#else
#define TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP
#endif

#include <trilith/backends/simd/attention_kernels.hpp>
#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/backends/simd/tiles.hpp>
#include <trilith/core/half.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

#include <hwy/highway.h>

// Without a name there are no vector kernels: the portable loops serve (dispatch_impl.hpp).
#undef TRILITH_SIMD_NAME
#undef TRILITH_SIMD_ID
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
#define TRILITH_SIMD_NAME "AVX3"
#define TRILITH_SIMD_ID avx3
#elif defined(__x86_64__) && HWY_TARGET <= HWY_AVX2
#define TRILITH_SIMD_NAME "AVX2"
#define TRILITH_SIMD_ID avx2
#elif defined(__x86_64__) && HWY_TARGET <= HWY_SSE4
#define TRILITH_SIMD_NAME "SSE4"
#define TRILITH_SIMD_ID sse4
#elif defined(__aarch64__) && HWY_TARGET < HWY_EMU128 && !HWY_HAVE_SCALABLE
#define TRILITH_SIMD_NAME "NEON"
#define TRILITH_SIMD_ID neon
#endif

#if defined(TRILITH_SIMD_NAME)
#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_VNNI
#define TRILITH_SIMD_NAMESPACE HWY_NAMESPACE
#define TRILITH_SIMD_VNNI 0
HWY_BEFORE_NAMESPACE();

#include <trilith/backends/simd/vectors-inl.hpp>

#include <trilith/backends/simd/floats-inl.hpp>

#if !defined(TRILITH_KERNELS_WITHOUT_ROWS)
#include <trilith/backends/simd/rows-inl.hpp>

#include <trilith/backends/simd/attention-inl.hpp>
#endif

#if !defined(TRILITH_KERNELS_WITHOUT_PRODUCTS)
#include <trilith/backends/simd/fields-inl.hpp>

#include <trilith/backends/simd/sums-inl.hpp>

#include <trilith/backends/simd/int8-inl.hpp>

#include <trilith/backends/simd/float-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
// in the order of weight_format
[[maybe_unused]] static constexpr kernel_table table{
    TRILITH_SIMD_NAME,
    target::TRILITH_SIMD_ID,
    {&multiply_int8<packing::bits1>, &multiply_int8<packing::bits2>, &multiply_int8<packing::base3>,
     &multiply_int8<packing::bits4>, &multiply_int8<packing::bits8>},
    {&multiply_float<packing::bits1>, &multiply_float<packing::bits2>,
     &multiply_float<packing::base3>, &multiply_float<packing::bits4>,
     &multiply_float<packing::bits8>, &multiply_float<float>, &multiply_float<float16>,
     &multiply_float<bfloat16>}};
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
#endif
HWY_AFTER_NAMESPACE();

#if defined(__x86_64__) && HWY_TARGET == HWY_AVX3 && !defined(TRILITH_KERNELS_WITHOUT_PRODUCTS)
#undef TRILITH_SIMD_NAMESPACE
#undef TRILITH_SIMD_VNNI
#define TRILITH_SIMD_NAMESPACE N_AVX3_VNNI
#define TRILITH_SIMD_VNNI 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")

#include <trilith/backends/simd/vectors-inl.hpp>

#include <trilith/backends/simd/fields-inl.hpp>

#include <trilith/backends/simd/sums-inl.hpp>

#include <trilith/backends/simd/int8-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {
static constexpr kernel_table table{
    "AVX3_VNNI",
    target::avx3_vnni,
    {&multiply_int8<packing::bits1>, &multiply_int8<packing::bits2>, &multiply_int8<packing::base3>,
     &multiply_int8<packing::bits4>, &multiply_int8<packing::bits8>},
    {N_AVX3::table.f32[0], N_AVX3::table.f32[1], N_AVX3::table.f32[2], N_AVX3::table.f32[3],
     N_AVX3::table.f32[4], N_AVX3::table.f32[5], N_AVX3::table.f32[6], N_AVX3::table.f32[7]}};
}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
HWY_POP_ATTRIBUTES
#endif
#endif
#endif
