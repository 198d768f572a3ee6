#ifndef TRILITH_ACTIVATIONS_RANGE_HPP
#define TRILITH_ACTIVATIONS_RANGE_HPP

#include <trilith/core/numeric.hpp>

#include <concepts>
#include <string_view>

/// How a token's scale follows from its activations, for codes of integers.
namespace trilith::inline TRILITH_ABI::activations {

/// Magnitudes are kept at least this large, as the reference does: a zero token stays zero.
inline constexpr float smallest_magnitude = 1e-5f;

/// What a token's activations are multiplied by before they are rounded, and what a code is worth
/// afterwards: the inverse, computed for itself.
struct rounding_step {
  float multiplier;
  float scale;
};

/// multiplier = Top / max|x|: the largest activation of a token becomes exactly Top, 127 for int8.
/// @see the b1.58 "Training Tips, Code and FAQ", figure 3.
struct absmax_range {
  static constexpr std::string_view name = "absmax";
  template <int Top = 127>
  [[nodiscard]] static constexpr rounding_step step(const float* x, std::size_t n) noexcept {
    constexpr auto top = static_cast<float>(Top);
    const float magnitude = max_of(absmax(x, n), smallest_magnitude);
    return {top / magnitude, magnitude / top};
  }
};

/// multiplier = sqrt(Top) / mean|x|: the rule that BitNet a4.8 has for int4, with Top = 7. What is
/// beyond sqrt(Top) times the mean is clipped.
/// @see arXiv 2411.04965, section 2.
struct absmean_range {
  static constexpr std::string_view name = "absmean";
  template <int Top = 127>
  [[nodiscard]] static constexpr rounding_step step(const float* x, std::size_t n) noexcept {
    double sum[lanes] = {};
    for (std::size_t i = 0; i < n; ++i) sum[i % lanes] += static_cast<double>(absolute(x[i]));
    return step_of_sum<Top>(add_lanes(sum), n);
  }
  /// The same from the sum of all |x_i|, added in double: element i in lane i % lanes.
  template <int Top>
  [[nodiscard]] static constexpr rounding_step step_of_sum(double sum, std::size_t n) noexcept {
    constexpr float root = square_root(static_cast<float>(Top));
    const float mean = n == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(n));
    const float magnitude = max_of(mean, smallest_magnitude);
    return {root / magnitude, magnitude / root};
  }
};

/// A range of a program's own needs the same two members, for the one Top that it has a meaning for
/// (examples/stories.hpp has one for int8).
template <class T, int Top>
concept Range = requires(const float* x, std::size_t n) {
  { T::name } -> std::convertible_to<std::string_view>;
} && (requires(const float* x, std::size_t n) {
                  { T::template step<Top>(x, n) } noexcept -> std::same_as<rounding_step>;
                } || (Top == 127 && requires(const float* x, std::size_t n) {
                  { T::step(x, n) } noexcept -> std::same_as<rounding_step>;
                }));

/// clip(round_even(value), -Top - 1, Top); the comparisons are written so that NaN takes a bound.
template <int Top>
[[nodiscard]] constexpr std::int8_t round_to_code(float value) noexcept {
  constexpr auto top = static_cast<float>(Top), bottom = -top - 1.0f;
  // Adding 1.5 * 2^23 rounds to an integer, ties to even, in the low bits of the sum.
  const float clipped = value > bottom ? (value < top ? value : top) : bottom;
  return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(clipped + 0x1.8p23f) & 0xFFu);
}

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
