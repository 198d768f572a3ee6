#ifndef TRILITH_ACTIVATIONS_INT8_HPP
#define TRILITH_ACTIVATIONS_INT8_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/core/name.hpp>
#include <trilith/core/numeric.hpp>

namespace trilith::inline TRILITH_ABI::activations {

/// Magnitudes are kept at least this large, as the reference does: a zero token stays zero.
inline constexpr float smallest_magnitude = 1e-5f;

/// What a token's activations are multiplied by before they are rounded, and what a code is worth
/// afterwards: the inverse, computed for itself.
struct int8_step {
  float multiplier;
  float scale;
};

/// multiplier = 127 / max|x|: the largest activation of a token becomes exactly 127.
/// @see the b1.58 "Training Tips, Code and FAQ", figure 3.
struct absmax_range {
  static constexpr std::string_view name = "absmax";
  [[nodiscard]] static constexpr int8_step step(const float* x, std::size_t n) noexcept {
    const float magnitude = max_of(absmax(x, n), smallest_magnitude);
    return {127.0f / magnitude, magnitude / 127.0f};
  }
};

/// multiplier = sqrt(127) / mean|x|: the rule BitNet a4.8 has for int4, sqrt(7) / mean|x|, at eight
/// bits. Activations beyond 11.3 times the mean are clipped.
/// @see arXiv 2411.04965, section 2.
struct absmean_range {
  static constexpr std::string_view name = "absmean";
  [[nodiscard]] static constexpr int8_step step(const float* x, std::size_t n) noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(absolute(x[i]));
    const auto mean = n == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(n));
    const float magnitude = max_of(mean, smallest_magnitude);
    constexpr float root = 11.2694277f;  // sqrt(127)
    return {root / magnitude, magnitude / root};
  }
};

/// A range of a program's own needs the same two members (examples/stories.hpp has one).
template <class T>
concept Int8Range = requires(const float* x, std::size_t n) {
  { T::name } -> std::convertible_to<std::string_view>;
  { T::step(x, n) } noexcept -> std::same_as<int8_step>;
};

namespace detail {
inline constexpr std::string_view int8_name = "int8<";
}

/// q_i = clip(round_even(multiplier * x_i), -128, 127), one multiplier per token.
///
/// A NaN or infinite activation makes the scale NaN or infinite, so that it shows in the output.
template <Int8Range Range = absmax_range>
struct int8 {
  using policy_kind = activations_kind;
  using element = std::int8_t;
  static constexpr std::string_view name =
      joined<detail::int8_name, Range::name, name_parts::angle>;
  static constexpr int bits = 8;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    const int8_step step = Range::step(x, n);
    for (std::size_t i = 0; i < n; ++i) q[i] = round_to_int8(step.multiplier * x[i]);
    return step.scale;
  }

 private:
  [[nodiscard]] static constexpr std::int8_t round_to_int8(float value) noexcept {
    // Adding 1.5 * 2^23 rounds to an integer, ties to even, in the low bits of the sum. The
    // comparisons are written so that NaN takes a bound.
    const float clipped = value > -128.0f ? (value < 127.0f ? value : 127.0f) : -128.0f;
    return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(clipped + 0x1.8p23f) & 0xFFu);
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
