#ifndef TRILITH_SEARCH_SEARCH_MATH_HPP
#define TRILITH_SEARCH_SEARCH_MATH_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/train/double_math.hpp>

#include <bit>
#include <cstdint>

/// Logarithms and powers from IEEE operations alone, so that a search takes the same path on every
/// machine. Relative errors are below 1e-13 for what searches ask (test/unit/search_cem.cpp).
namespace trilith::inline TRILITH_ABI::search_math {

/// log(x) = e log(2) + 2 artanh(s) with x = 2^e m, m in [sqrt(1/2), sqrt(2)), s = (m - 1) / (m +
/// 1). x: normal, above 0.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double logarithm(double x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000F'FFFF'FFFF'FFFF) | 0x3FF0'0000'0000'0000);
  if (m > 1.41421356237309504880) m /= 2, ++exponent;
  const double s = (m - 1) / (m + 1);
  double sum = 0;
  for (int k = 23; k > 0; k -= 2) sum = sum * s * s + 1.0 / k;  // |s| < 0.172
  return exponent * 0.69314718055994530942 + 2 * s * sum;
}

/// e^x = 2^n sum_k r^k / k! with x = n log(2) + r, |r| < 0.35. x is held to [-700, 700].
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double exponential(double x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  x = clamp_to(x, -700.0, 700.0);
  const double shift = x < 0 ? -0x1p52 : 0x1p52;
  const double n = (x * 1.44269504088896340736 + shift) - shift;
  // log(2) in two parts: the first has so few bits that n times it is exact
  const double r = (x - n * 0x1.62e42feep-1) - n * 1.90821492927058770002e-10;
  double sum = 1;
  for (int k = 14; k > 0; --k) sum = 1 + sum * r / k;
  const auto exponent = static_cast<std::uint64_t>(static_cast<std::int64_t>(n) + 1023);
  return sum * std::bit_cast<double>(exponent << 52);
}

/// base^exponent for base >= 0; 0 for a base of 0, whatever the exponent.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double power(double base, double exponent) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  return base < 0x1p-1022 ? 0.0 : exponential(exponent * logarithm(base));
}

}  // namespace trilith::inline TRILITH_ABI::search_math

#endif
