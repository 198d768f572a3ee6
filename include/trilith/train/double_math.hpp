#ifndef TRILITH_TRAIN_DOUBLE_MATH_HPP
#define TRILITH_TRAIN_DOUBLE_MATH_HPP

#include <trilith/config.hpp>

#include <cstdint>

/// The few functions of double numbers that optimisers and schedules need, from IEEE operations
/// alone: the same bits on every machine and at compile time. Relative errors are below 1e-13
/// (test/unit/train_schedule.cpp).
namespace trilith::inline TRILITH_ABI::double_math {

/// base^n by repeated squaring.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double power(double base, std::uint64_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  double product = 1;
  for (; n != 0; n /= 2) {
    if (n % 2 != 0) product *= base;
    base *= base;
  }
  return product;
}

/// Square root by Newton's method; the argument is brought to [1, 4) by powers of 4 first. 0 for
/// what is not positive.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double square_root(double x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  if (!(x > 0) || x - x != 0) return x > 0 ? x : 0;
  double unit = 1;
  while (x >= 4) x /= 4, unit *= 2;
  while (x < 1) x *= 4, unit /= 2;
  double root = 1.5;
  for (int step = 0; step < 6; ++step) root = 0.5 * (root + x / root);
  return root * unit;
}

/// (1 + cos(pi x)) / 2 = cos(pi x / 2)^2 for x in [0, 1]: from 1 down to 0.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double half_cosine(double x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const bool late = x > 0.5;  // there it is sin(pi (1 - x) / 2)^2, which loses no digits
  const double angle = 1.57079632679489661923 * (late ? 1 - x : x);
  double term = late ? angle : 1, sum = term;
  for (int k = late ? 2 : 1; k < 26; k += 2) {
    term *= -angle * angle / (k * (k + 1.0));
    sum += term;
  }
  return sum * sum;
}

}  // namespace trilith::inline TRILITH_ABI::double_math

#endif
