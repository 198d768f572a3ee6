#ifndef TRILITH_BACKENDS_SIMD_CPU_HPP
#define TRILITH_BACKENDS_SIMD_CPU_HPP

#include <trilith/config.hpp>

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace trilith::simd {

/// Which of the kernel tables the CPU and its operating system can run.
struct cpu_features {
  bool sse4 = false;
  bool avx2 = false;
  bool avx3 = false;
  bool avx3_vnni = false;
};

#if defined(__x86_64__)
namespace detail {
struct cpuid_words {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

[[nodiscard]] inline cpuid_words cpuid(unsigned leaf) noexcept {
  cpuid_words w;
  if (__get_cpuid_count(leaf, 0, &w.eax, &w.ebx, &w.ecx, &w.edx) == 0) return {};
  return w;
}

/// Which registers the operating system saves when it switches threads: bit 1 is xmm, bit 2 the
/// upper half of ymm, bits 5-7 the masks and zmm.
[[nodiscard]] inline std::uint64_t saved_registers() noexcept {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

template <class... Bits>
[[nodiscard]] constexpr bool has(unsigned word, Bits... bits) noexcept {
  return (((word >> bits) & 1u) & ...) != 0;
}
}  // namespace detail

/// Asks cpuid for exactly what the targets of the kernels may use: Highway's SSE4, AVX2 and AVX3
/// (test/kernels/simd_cpu.cpp), and AVX-512 VNNI, which Cascade Lake and Zen 4 have but which
/// Highway counts to a larger set.
[[nodiscard]] inline cpu_features detect_cpu() noexcept {
  using detail::has;
  const auto leaf1 = detail::cpuid(1), leaf7 = detail::cpuid(7);
  cpu_features cpu;
  // ecx of leaf 1: sse3, pclmul, ssse3, sse4.1, sse4.2, aes
  cpu.sse4 = has(leaf1.ecx, 0, 1, 9, 19, 20, 25);
  const std::uint64_t saved = has(leaf1.ecx, 27) ? detail::saved_registers() : 0;
  // fma, avx, f16c; ebx of leaf 7: bmi, avx2, bmi2
  cpu.avx2 =
      cpu.sse4 && (saved & 0x06) == 0x06 && has(leaf1.ecx, 12, 28, 29) && has(leaf7.ebx, 3, 5, 8);
  // avx512 f, dq, cd, bw, vl
  cpu.avx3 = cpu.avx2 && (saved & 0xE6) == 0xE6 && has(leaf7.ebx, 16, 17, 28, 30, 31);
  cpu.avx3_vnni = cpu.avx3 && has(leaf7.ecx, 11);
  return cpu;
}
#else
[[nodiscard]] inline cpu_features detect_cpu() noexcept {
  return {};
}
#endif

}  // namespace trilith::simd

#endif
