#ifndef TRILITH_BENCH_MEASURE_COMPUTE_LIMITS_HPP
#define TRILITH_BENCH_MEASURE_COMPUTE_LIMITS_HPP

#include "cpu_features.hpp"

#include <cstddef>

/// Loops of one instruction on registers: the most an instruction set can do when nothing waits.
/// Assembly, so that they need no compiler flags and no compiler takes them apart.
#if defined(__x86_64__)
namespace bench {

// Twelve sums are more than latency times throughput of any of these instructions.
#define TRILITH_BENCH_ONE(op, r, sum) op " %%" r "12, %%" r "13, %%" r sum "\n\t"
#define TRILITH_BENCH_FOUR(op, r, a, b, c, d) \
  TRILITH_BENCH_ONE(op, r, a)                 \
  TRILITH_BENCH_ONE(op, r, b) TRILITH_BENCH_ONE(op, r, c) TRILITH_BENCH_ONE(op, r, d)
#define TRILITH_BENCH_TWELVE(op, r)             \
  TRILITH_BENCH_FOUR(op, r, "0", "1", "2", "3") \
  TRILITH_BENCH_FOUR(op, r, "4", "5", "6", "7") \
  TRILITH_BENCH_FOUR(op, r, "8", "9", "10", "11")
#define TRILITH_BENCH_PAIR(r, sum, product)                                              \
  "vpmaddubsw %%" r "12, %%" r "13, %%" r product "\n\tvpaddw %%" r product ", %%" r sum \
  ", %%" r sum "\n\t"
#define TRILITH_BENCH_SIX_PAIRS(r) \
  TRILITH_BENCH_PAIR(r, "0", "6")  \
  TRILITH_BENCH_PAIR(r, "1", "7")  \
  TRILITH_BENCH_PAIR(r, "2", "8")  \
  TRILITH_BENCH_PAIR(r, "3", "9") TRILITH_BENCH_PAIR(r, "4", "10") TRILITH_BENCH_PAIR(r, "5", "11")
#define TRILITH_BENCH_VECTORS                                                              \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13", "cc", "memory"
#define TRILITH_BENCH_PROBE(name, body)                                       \
  inline void name(std::size_t rounds) noexcept {                             \
    asm volatile("vzeroall\n1:\n\t" body "dec %0\n\tjnz 1b\n\tvzeroupper\n\t" \
                 : "+r"(rounds)                                               \
                 :                                                            \
                 : TRILITH_BENCH_VECTORS);                                    \
  }

TRILITH_BENCH_PROBE(probe_vnni512, TRILITH_BENCH_TWELVE("vpdpbusd", "zmm"))
TRILITH_BENCH_PROBE(probe_vnni256_evex, TRILITH_BENCH_TWELVE("%{evex%} vpdpbusd", "ymm"))
TRILITH_BENCH_PROBE(probe_vnni256_vex, TRILITH_BENCH_TWELVE("%{vex%} vpdpbusd", "ymm"))
TRILITH_BENCH_PROBE(probe_fma512, TRILITH_BENCH_TWELVE("vfmadd231ps", "zmm"))
TRILITH_BENCH_PROBE(probe_fma256, TRILITH_BENCH_TWELVE("vfmadd231ps", "ymm"))
TRILITH_BENCH_PROBE(probe_maddubs512, TRILITH_BENCH_SIX_PAIRS("zmm"))
TRILITH_BENCH_PROBE(probe_maddubs256, TRILITH_BENCH_SIX_PAIRS("ymm"))
TRILITH_BENCH_PROBE(probe_maddubs128, TRILITH_BENCH_SIX_PAIRS("xmm"))

#undef TRILITH_BENCH_ONE
#undef TRILITH_BENCH_FOUR
#undef TRILITH_BENCH_TWELVE
#undef TRILITH_BENCH_PAIR
#undef TRILITH_BENCH_SIX_PAIRS
#undef TRILITH_BENCH_VECTORS
#undef TRILITH_BENCH_PROBE

}  // namespace bench
#endif

#endif
