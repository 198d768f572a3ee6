// The kernels of one instruction set, in a namespace of its own; included once per set.
// The other -inl.hpp files are fragments: they are included here alone, between the lines that
// switch the instructions on and off, and those of int8 products once more for each extension:
// TRILITH_SIMD_DOTS are instructions that add four products of bytes, TRILITH_SIMD_VBMI
// permutations of bytes.
#if defined(TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP
#undef TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP
#else
#define TRILITH_BACKENDS_SIMD_KERNELS_INL_HPP
#endif

#include <trilith/activations/range.hpp>
#include <trilith/backends/simd/attention_kernels.hpp>
#include <trilith/backends/simd/constants.hpp>
#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/backends/simd/scalar_gradients.hpp>
#include <trilith/backends/simd/tiles.hpp>
#include <trilith/core/half.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

#include <utility>

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
#undef TRILITH_SIMD_DOTS
#undef TRILITH_SIMD_VBMI
#undef TRILITH_SIMD_LANES
#define TRILITH_SIMD_NAMESPACE HWY_NAMESPACE
#define TRILITH_SIMD_DOTS 0
#define TRILITH_SIMD_VBMI 0
#if defined(__x86_64__)
#define TRILITH_SIMD_LANES 1
#else
#define TRILITH_SIMD_LANES 0
#endif
HWY_BEFORE_NAMESPACE();

#if defined(TRILITH_KERNELS_WITHOUT_PRODUCTS)
#include <trilith/backends/simd/vectors-inl.hpp>

#include <trilith/backends/simd/floats-inl.hpp>

#include <trilith/backends/simd/transpose-inl.hpp>
#endif
#if !defined(TRILITH_KERNELS_WITHOUT_PRODUCTS)
#include <trilith/backends/simd/int8_products-inl.hpp>

#include <trilith/backends/simd/float-inl.hpp>

#include <trilith/backends/simd/tables-inl.hpp>
#endif
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
#include <trilith/backends/simd/amx_session-inl.hpp>
#endif
#if !defined(TRILITH_KERNELS_WITHOUT_ROWS)
#include <trilith/backends/simd/rows-inl.hpp>

#include <trilith/backends/simd/attention-inl.hpp>
#endif
#if !defined(TRILITH_KERNELS_WITHOUT_GRADIENTS)
#include <trilith/backends/simd/gradients-inl.hpp>
#endif
HWY_AFTER_NAMESPACE();

#if !defined(TRILITH_KERNELS_WITHOUT_PRODUCTS)
#include <trilith/backends/simd/extensions-inl.hpp>
#endif
#endif
#endif
