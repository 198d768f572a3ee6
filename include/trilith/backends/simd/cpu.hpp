#ifndef TRILITH_BACKENDS_SIMD_CPU_HPP
#define TRILITH_BACKENDS_SIMD_CPU_HPP

#include <trilith/config.hpp>

#include <cstdint>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace trilith::simd {

/// Which of the kernel tables the CPU and its operating system can run.
struct cpu_features {
  bool neon_dot = false;
  bool sse4 = false;
  bool avx2 = false;
  bool avx3 = false;
  bool avx2_vnni = false;
  bool avx3_vnni = false;
  bool avx3_dl = false;
  bool avx3_bf16 = false;
  bool amx = false;
};

#if defined(__x86_64__)
namespace detail {
struct cpuid_words {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

[[nodiscard]] inline cpuid_words cpuid(unsigned leaf, unsigned part = 0) noexcept {
  cpuid_words w;
  if (__get_cpuid_count(leaf, part, &w.eax, &w.ebx, &w.ecx, &w.edx) == 0) return {};
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

#if defined(__linux__)
/// The kernel saves the 8 KiB of tile registers only for processes that asked for them.
[[nodiscard]] inline bool may_use_tiles() noexcept {
  constexpr int ask_for_state = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, ask_for_state, tile_data) == 0;
}
#else
[[nodiscard]] inline bool may_use_tiles() noexcept {
  return false;
}
#endif
}  // namespace detail

/// Asks cpuid for exactly what the targets of the kernels may use: Highway's SSE4, AVX2 and AVX3
/// (test/kernels/simd_cpu.cpp), and their extensions: AVX-512 VNNI, VBMI, GFNI and BF16, which
/// Highway counts to larger sets, AVX-VNNI, and AMX with int8 and bfloat16, for which it asks the
/// operating system.
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
  const auto leaf7_1 = leaf7.eax >= 1 ? detail::cpuid(7, 1) : detail::cpuid_words{};
  cpu.avx2_vnni = cpu.avx2 && has(leaf7_1.eax, 4);
  cpu.avx3_vnni = cpu.avx3 && has(leaf7.ecx, 11);
  cpu.avx3_dl = cpu.avx3_vnni && has(leaf7.ecx, 1, 8);  // vbmi, gfni
  cpu.avx3_bf16 = cpu.avx3 && has(leaf7_1.eax, 5);
  // amx bf16, tile, int8, which no CPU has one of without the others; bits 17 and 18 of what is
  // saved are tiles
  cpu.amx = cpu.avx3_dl && cpu.avx3_bf16 && (saved & 0x60000) == 0x60000 &&
            has(leaf7.edx, 22, 24, 25) && detail::may_use_tiles();
  return cpu;
}
#elif defined(__aarch64__) && defined(__linux__)
[[nodiscard]] inline cpu_features detect_cpu() noexcept {
  cpu_features cpu;
  cpu.neon_dot = (::getauxval(AT_HWCAP) >> 20 & 1) != 0;  // HWCAP_ASIMDDP
  return cpu;
}
#else
[[nodiscard]] inline cpu_features detect_cpu() noexcept {
  return {};
}
#endif

}  // namespace trilith::simd

#endif
