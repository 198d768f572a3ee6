#ifndef TRILITH_ACTIVATIONS_MINIFLOAT_HPP
#define TRILITH_ACTIVATIONS_MINIFLOAT_HPP

#include <trilith/core/numeric.hpp>

#include <string_view>

/// Floating-point formats of eight bits and fewer.
namespace trilith::inline TRILITH_ABI::activations {

/// 2^e for e in [-126, 127].
[[nodiscard]] constexpr float power_of_two(int e) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(e + 127) << 23);
}
/// floor(log2 |x|) of a normal x.
[[nodiscard]] constexpr int exponent_of(float x) noexcept {
  return static_cast<int>(std::bit_cast<std::uint32_t>(x) >> 23 & 0xFFu) - 127;
}

/// `fraction_bits` bits behind the point, exponents from `least_exponent`, below which values are
/// subnormal, and magnitudes up to `largest`.
struct e2m1 {
  static constexpr std::string_view name = "e2m1";
  static constexpr int bits = 4, fraction_bits = 1, least_exponent = 0;
  static constexpr float largest = 6.0f;
};
struct e4m3 {
  static constexpr std::string_view name = "e4m3";
  static constexpr int bits = 8, fraction_bits = 3, least_exponent = -6;
  static constexpr float largest = 448.0f;
};
struct e5m2 {
  static constexpr std::string_view name = "e5m2";
  static constexpr int bits = 8, fraction_bits = 2, least_exponent = -14;
  static constexpr float largest = 57344.0f;
};

/// The nearest value of format F, ties to even, at most F::largest in magnitude; NaN stays NaN.
template <class F>
[[nodiscard]] constexpr float round_to(float x) noexcept {
  if (!(absolute(x) <= F::largest)) return x < 0 ? -F::largest : x > 0 ? F::largest : x;
  const float step = power_of_two(max_of(exponent_of(x), F::least_exponent) - F::fraction_bits);
  return round_even(x / step) * step;  // both exact: step is a power of two
}

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
