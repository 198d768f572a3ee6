#ifndef TRILITH_BENCH_MEASURE_AMX_LIMITS_HPP
#define TRILITH_BENCH_MEASURE_AMX_LIMITS_HPP

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
namespace bench {

inline constexpr double amx_product_ops = 2.0 * 16 * 16 * 64;  ///< of one tdpbssd

/// Eight tiles of 16 rows of 64 bytes. (g++ 12's _tile_loadconfig reads too little: assembly.)
inline void configure_tiles() noexcept {
  struct alignas(64) {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } tiles;
  asm volatile("ldtilecfg (%0)" ::"r"(&tiles) : "memory");
}
inline void release_tiles() noexcept {
  asm volatile("tilerelease" ::: "memory");
}

/// Four products a round, operands in tiles.
inline void probe_amx(std::size_t rounds) noexcept {
  configure_tiles();
  asm volatile(
      "tilezero %%tmm0\n\ttilezero %%tmm1\n\ttilezero %%tmm2\n\ttilezero %%tmm3\n\t"
      "tilezero %%tmm4\n\ttilezero %%tmm5\n\ttilezero %%tmm6\n\ttilezero %%tmm7\n"
      "1:\n\t"
      "tdpbssd %%tmm6, %%tmm4, %%tmm0\n\ttdpbssd %%tmm7, %%tmm4, %%tmm1\n\t"
      "tdpbssd %%tmm6, %%tmm5, %%tmm2\n\ttdpbssd %%tmm7, %%tmm5, %%tmm3\n\t"
      "dec %0\n\tjnz 1b\n\t"
      : "+r"(rounds)
      :
      : "cc", "memory");
  release_tiles();
}

/// Four products a round of a 2 x 2 block, each round after loading its four operands from the
/// next 4 KiB of [p, p + bytes).
inline void probe_amx_loads(const char* p, std::size_t bytes, std::size_t rounds) noexcept {
  configure_tiles();
  const char* at = p;
  for (std::size_t i = 0; i < rounds; ++i) {
    asm volatile(
        "tileloadd (%0,%1,1), %%tmm4\n\ttileloadd 1024(%0,%1,1), %%tmm6\n\t"
        "tdpbssd %%tmm6, %%tmm4, %%tmm0\n\t"
        "tileloadd 2048(%0,%1,1), %%tmm7\n\ttdpbssd %%tmm7, %%tmm4, %%tmm1\n\t"
        "tileloadd 3072(%0,%1,1), %%tmm5\n\ttdpbssd %%tmm6, %%tmm5, %%tmm2\n\t"
        "tdpbssd %%tmm7, %%tmm5, %%tmm3\n\t" ::"r"(at),
        "r"(std::size_t{64})
        : "memory");
    at = at + 4096 < p + bytes ? at + 4096 : p;
  }
  release_tiles();
}

}  // namespace bench
#endif

#endif
