#ifndef TRILITH_CORE_RANDOM_HPP
#define TRILITH_CORE_RANDOM_HPP

#include <array>
#include <cstdint>

namespace trilith {

/// Philox-4x32-10: four random words that depend on (seed, stream, counter) alone. There is no
/// state to carry, so any element can be drawn by any thread, in any order, with the same outcome.
///
/// @see Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox(std::uint64_t seed,
                                                            std::uint64_t stream,
                                                            std::uint64_t counter) noexcept {
  std::array<std::uint32_t, 4> c{
      static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
      static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key0, static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key1, static_cast<std::uint32_t>(p0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return c;
}

/// A uniform number in [0, 1) with 24 random bits.
[[nodiscard]] constexpr float uniform(std::uint64_t seed, std::uint64_t stream,
                                      std::uint64_t counter) noexcept {
  return static_cast<float>(philox(seed, stream, counter)[0] >> 8) * 0x1p-24f;
}

}  // namespace trilith

#endif
