#ifndef TRILITH_SEARCH_RANDOM_SEQUENCE_HPP
#define TRILITH_SEARCH_RANDOM_SEQUENCE_HPP

#include <trilith/core/random.hpp>
#include <trilith/search/search_math.hpp>

#include <cstddef>

namespace trilith::inline TRILITH_ABI {

/// Random numbers for one member of one generation of a search: the i-th depends on (seed, stream,
/// member, i) alone, so members can be made by any thread, in any order.
///
///     tl::random_sequence draws(seed, stream + generation, member);
///     const double x = low + (high - low) * draws.uniform();
class random_sequence {
 public:
  /// member < 2^32; at most 2^32 numbers are drawn.
  constexpr random_sequence(std::uint64_t seed, std::uint64_t stream, std::uint64_t member) noexcept
      : seed_(seed), stream_(stream), next_(member << 32) {}

  /// In (0, 1), with 52 random bits: neither end occurs.
  [[nodiscard]] constexpr double uniform() noexcept {
    const auto words = philox(seed_, stream_, next_++);
    const std::uint64_t bits = std::uint64_t{words[0]} << 20 | words[1] >> 12;
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
  }

  /// Whether an event of this probability happens.
  [[nodiscard]] constexpr bool happens(double probability) noexcept {
    return uniform() < probability;
  }

  /// From N(0, 1): sqrt(-2 log u) cos(pi v). v in (0, 1) is enough, as the cosine takes the same
  /// values over half a turn as over a whole one.
  /// @see Box, Muller: "A note on the generation of random normal deviates", 1958.
  [[nodiscard]] TRILITH_EXACT_FLOAT constexpr double normal() noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const double radius = double_math::square_root(-2 * search_math::logarithm(uniform()));
    return radius * (2 * double_math::half_cosine(uniform()) - 1);
  }

 private:
  std::uint64_t seed_, stream_, next_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
