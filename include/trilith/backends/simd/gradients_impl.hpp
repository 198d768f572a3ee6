#ifndef TRILITH_BACKENDS_SIMD_GRADIENTS_IMPL_HPP
#define TRILITH_BACKENDS_SIMD_GRADIENTS_IMPL_HPP

#include <trilith/backends/simd/cpu.hpp>
#include <trilith/backends/simd/foreach.hpp>
#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/backends/simd/scalar_gradients.hpp>

// Defines what gradient_kernels.hpp declares; part of the implementation.
namespace trilith::simd::dispatch {

/// The extensions of AVX2 and AVX-512 add nothing to these functions, and take the base's; but for
/// AMX, and for AVX-512 BF16, which some CPUs of AVX3_DL have. Those with AMX have it too, but
/// there it takes longer than the fused products of floats (Granite Rapids: by a third).
[[nodiscard]] inline const gradient_kernels& gradients_of([[maybe_unused]] target which) noexcept {
#if defined(__x86_64__) && (HWY_TARGETS & HWY_AVX3)
  static const cpu_features cpu = detect_cpu();
  if (which == target::amx) return N_AVX3::amx_gradients_table;
  if (which == target::avx3_dl && cpu.avx3_bf16 && !cpu.amx) return N_AVX3::bf16_gradients_table;
  if (which >= target::avx3) return N_AVX3::gradients_table;
#endif
#if defined(__x86_64__) && (HWY_TARGETS & HWY_AVX2)
  if (which >= target::avx2) return N_AVX2::gradients_table;
#endif
#if defined(__x86_64__) && (HWY_TARGETS & HWY_SSE4)
  if (which == target::sse4) return N_SSE4::gradients_table;
#endif
#if defined(TRILITH_SIMD_NAME) && !defined(__x86_64__)
  if (which >= target::neon) return HWY_NAMESPACE::gradients_table;
#endif
  return scalar_gradients;
}

}  // namespace trilith::simd::dispatch

namespace trilith::TRILITH_IMPLEMENTED {

const simd::gradient_kernels& gradient_kernels_of(simd::target which) noexcept {
  return simd::dispatch::gradients_of(which);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
