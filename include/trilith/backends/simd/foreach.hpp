// Compiles kernels-inl.hpp once for every instruction set. Included by dispatch_impl.hpp alone.
//
// Highway learns from these macros which sets those are. Left out are the ones that add nothing to
// these kernels (SSE2, SSSE3: the CPUs that lack SSE4 take the portable loops) and the ones above
// AVX3, whose instructions extensions-inl.hpp adds in the pass of AVX3; AArch64 has NEON always. A
// list of one's own is respected: the kernels compile for any of Highway's targets.
#if !defined(HWY_DISABLED_TARGETS)
#if defined(__aarch64__)
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#else
#define HWY_DISABLED_TARGETS (~(HWY_SSE4 | HWY_AVX2 | HWY_AVX3 | HWY_EMU128 | HWY_SCALAR))
#endif
#endif
#if !defined(__x86_64__) && !defined(HWY_COMPILE_ONLY_STATIC)
#define HWY_COMPILE_ONLY_STATIC
#endif
// Newer versions would otherwise call into their library when assertions are on.
#if !defined(HWY_HEADER_ONLY)
#define HWY_HEADER_ONLY
#endif

// The dot products of ARMv8.2 are one line of assembly for g++; clang has them where the program is
// compiled for them.
#if defined(__aarch64__) && (!defined(__clang__) || defined(__ARM_FEATURE_DOTPROD))
#define TRILITH_SIMD_HAS_NEON_DOT 1
#else
#define TRILITH_SIMD_HAS_NEON_DOT 0
#endif

// amalgamate: repeat-per-target
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trilith/backends/simd/kernels-inl.hpp"
#include <hwy/foreach_target.h>
#include <trilith/backends/simd/kernels-inl.hpp>
// amalgamate: end
