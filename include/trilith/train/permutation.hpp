#ifndef TRILITH_TRAIN_PERMUTATION_HPP
#define TRILITH_TRAIN_PERMUTATION_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/random.hpp>

#include <bit>
#include <cstdint>

namespace trilith {

namespace permuting {

/// Keeps these random numbers apart from those that others draw with the same seed.
inline constexpr std::uint64_t stream = 0x7368'7566'666C'6500;
inline constexpr int rounds = 8;

/// The fewest bits, at least 1, for which 2^(2 bits) >= n.
[[nodiscard]] constexpr int half_bits(std::uint64_t n) noexcept {
  const int bits = n < 2 ? 1 : static_cast<int>(std::bit_width(n - 1));
  return (bits + 1) / 2;
}

/// One pass over 2 * half bits: (left, right) becomes (right, left ^ random(right)), which can be
/// undone whatever random() is, so that no two numbers meet.
[[nodiscard]] constexpr std::uint64_t feistel(std::uint64_t x, int half, std::uint64_t seed,
                                              std::uint64_t epoch) noexcept {
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  std::uint64_t left = x >> half, right = x & mask;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::uint64_t drawn = philox(seed, stream ^ epoch, round << 32 | right)[0];
    const std::uint64_t next = left ^ (drawn & mask);
    left = right;
    right = next;
  }
  return left << half | right;
}

}  // namespace permuting

/// Where `i` goes in permutation (seed, epoch) of 0 ... n - 1: a Feistel network over the next
/// power of 4, repeated until the outcome is below n. There is no table and no state, so any
/// element of any epoch can be asked for, in any order, by any thread.
///
/// Needs i < n. Cost: 8 calls of philox() a pass, fewer than 4 passes on average.
/// @see Black, Rogaway: "Ciphers with arbitrary finite domains", CT-RSA 2002 (cycle walking).
///
///     for (std::uint64_t i = 0; i < 10; ++i) visit(tl::permuted(i, 10, seed, epoch));
[[nodiscard]] constexpr std::uint64_t permuted(std::uint64_t i, std::uint64_t n, std::uint64_t seed,
                                               std::uint64_t epoch) noexcept {
  TRILITH_PRECONDITION(i < n, "permuted() needs i < n: from elsewhere the walk may not end.");
  const int half = permuting::half_bits(n);
  do i = permuting::feistel(i, half, seed, epoch);
  while (i >= n);
  return i;
}

}  // namespace trilith

#endif
