#ifndef TRILITH_BENCH_MEASURE_READ_LIMITS_HPP
#define TRILITH_BENCH_MEASURE_READ_LIMITS_HPP

#include "cpu_features.hpp"
#include "huge_memory.hpp"
#include "timing.hpp"

#include <cstdint>

namespace bench {

/// Loads 512 bytes, or a line of 64, and does nothing with them.
#if defined(__x86_64__)
struct load_zmm {
  static void line(const char* p) noexcept {
    asm volatile("vmovdqu64 (%0), %%zmm0" ::"r"(p) : "xmm0", "memory");
  }
  static void block(const char* p) noexcept {
    asm volatile(
        "vmovdqu64 (%0), %%zmm0\n\tvmovdqu64 64(%0), %%zmm1\n\t"
        "vmovdqu64 128(%0), %%zmm2\n\tvmovdqu64 192(%0), %%zmm3\n\t"
        "vmovdqu64 256(%0), %%zmm4\n\tvmovdqu64 320(%0), %%zmm5\n\t"
        "vmovdqu64 384(%0), %%zmm6\n\tvmovdqu64 448(%0), %%zmm7\n\t" ::"r"(p)
        : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");
  }
  static void end() noexcept { asm volatile("vzeroupper" ::: "memory"); }
};
struct load_ymm {
  static void line(const char* p) noexcept {
    asm volatile("vmovdqu (%0), %%ymm0\n\tvmovdqu 32(%0), %%ymm1" ::"r"(p)
                 : "xmm0", "xmm1", "memory");
  }
  static void half(const char* p) noexcept {
    asm volatile(
        "vmovdqu (%0), %%ymm0\n\tvmovdqu 32(%0), %%ymm1\n\t"
        "vmovdqu 64(%0), %%ymm2\n\tvmovdqu 96(%0), %%ymm3\n\t"
        "vmovdqu 128(%0), %%ymm4\n\tvmovdqu 160(%0), %%ymm5\n\t"
        "vmovdqu 192(%0), %%ymm6\n\tvmovdqu 224(%0), %%ymm7\n\t" ::"r"(p)
        : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");
  }
  static void block(const char* p) noexcept { half(p), half(p + 256); }
  static void end() noexcept { asm volatile("vzeroupper" ::: "memory"); }
};
#endif
struct load_words {
  static void line(const char* p) noexcept {
    const auto* words = reinterpret_cast<const volatile std::uint64_t*>(p);
    for (int i = 0; i < 8; ++i) static_cast<void>(words[i]);
  }
  static void block(const char* p) noexcept {
    for (int i = 0; i < 512; i += 64) line(p + i);
  }
  static void end() noexcept {}
};

/// Reads [p, p + bytes), asking for the line `Ahead` bytes ahead with each; 0 leaves that to the
/// hardware. (Eight prefetches in a row and then eight loads are slower than none at all.)
template <class Load, std::size_t Ahead>
void read_once(const char* p, std::size_t bytes) noexcept {
  const char* const end = p + bytes / 512 * 512;
  if constexpr (Ahead == 0) {
    for (; p < end; p += 512) Load::block(p);
  } else {
    for (; p < end; p += 64) {
      __builtin_prefetch(p + Ahead, 0, 3);
      Load::line(p);
    }
  }
}

using read_fn = void (*)(const char*, std::size_t, std::size_t);

template <class Load, std::size_t Ahead>
void read_times(const char* p, std::size_t bytes, std::size_t times) noexcept {
  for (std::size_t i = 0; i < times; ++i) read_once<Load, Ahead>(p, bytes);
  Load::end();
}

/// Bytes a second that `threads` threads read, each its own `part` bytes of `memory` in pieces, one
/// after the other: the best of several ways to read.
template <class Load>
[[nodiscard]] double best_read(const huge_memory& memory, std::size_t threads, std::size_t part,
                               std::size_t piece, double seconds) {
  part = part / piece * piece;
  double best = 0;
  std::size_t at = 0;
  for (const read_fn way : {read_times<Load, 0>, read_times<Load, 512>, read_times<Load, 1024>,
                            read_times<Load, 2048>, read_times<Load, 4096>}) {
    const double rate = rate_of(seconds, [&](std::size_t times) {
      at = (at + piece) % part;
      return seconds_together(
          threads, [&](std::size_t i) { way(memory.data() + i * part + at, piece, times); });
    });
    best = std::max(best, rate * static_cast<double>(piece * threads));
  }
  return best;
}

[[nodiscard]] inline double read_limit(const huge_memory& memory, std::size_t threads,
                                       std::size_t part, std::size_t piece, double seconds) {
#if defined(__x86_64__)
  if (cpu().avx512) return best_read<load_zmm>(memory, threads, part, piece, seconds);
  if (cpu().avx2) return best_read<load_ymm>(memory, threads, part, piece, seconds);
#endif
  return best_read<load_words>(memory, threads, part, piece, seconds);
}

}  // namespace bench

#endif
