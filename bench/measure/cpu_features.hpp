#ifndef TRILITH_BENCH_MEASURE_CPU_FEATURES_HPP
#define TRILITH_BENCH_MEASURE_CPU_FEATURES_HPP

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstdint>

namespace bench {

/// What the probes use, as the processor and the system give it.
struct cpu_features {
  bool ssse3 = false, avx2 = false, fma = false, avx512 = false, avx_vnni = false,
       avx512_vnni = false, amx_int8 = false;
};

[[nodiscard]] inline std::uint64_t enabled_state() noexcept {  // XCR0
  std::uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

/// Linux hands out the state of the tiles on request only, once per process.
[[nodiscard]] inline bool tiles_granted() noexcept {
#if defined(__linux__)
  constexpr long request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM
  return (enabled_state() >> 17 & 3) == 3 && syscall(SYS_arch_prctl, request, tile_data) == 0;
#else
  return false;
#endif
}

[[nodiscard]] inline cpu_features read_cpu_features() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  cpu_features f;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return f;
  f.ssse3 = (c >> 9 & 1) != 0;
  const std::uint64_t state = (c >> 27 & 1) != 0 ? enabled_state() : 0;
  const bool ymm = (state & 0x6) == 0x6, zmm = (state & 0xE6) == 0xE6;
  f.fma = ymm && (c >> 12 & 1) != 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return f;
  const unsigned leaves = a;
  f.avx2 = ymm && (b >> 5 & 1) != 0;
  f.avx512 = zmm && (b >> 16 & 1) != 0 && (b >> 30 & 1) != 0;  // F and BW
  f.avx512_vnni = f.avx512 && (c >> 11 & 1) != 0;
  f.amx_int8 = (d >> 24 & 3) == 3 && tiles_granted();
  if (leaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0)
    f.avx_vnni = f.avx2 && (a >> 4 & 1) != 0;
  return f;
}

/// Asked once.
[[nodiscard]] inline const cpu_features& cpu() noexcept {
  static const cpu_features found = read_cpu_features();
  return found;
}

}  // namespace bench
#endif

#endif
