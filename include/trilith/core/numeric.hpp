#ifndef TRILITH_CORE_NUMERIC_HPP
#define TRILITH_CORE_NUMERIC_HPP

#include <trilith/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

/// The float operations of the library, each in one fixed order and without fused multiply-add, so
/// that they give the same bits on every CPU, under every flag, and at compile time
/// (test/unit/numeric.cpp, test/abi).
namespace trilith::inline TRILITH_ABI {

template <class T>
[[nodiscard]] constexpr T min_of(T a, T b) noexcept {
  return b < a ? b : a;
}
template <class T>
[[nodiscard]] constexpr T max_of(T a, T b) noexcept {
  return a < b ? b : a;
}
template <class T>
[[nodiscard]] constexpr T clamp_to(T x, T low, T high) noexcept {
  return max_of(low, min_of(x, high));
}
[[nodiscard]] constexpr std::size_t ceil_div(std::size_t a, std::size_t b) noexcept {
  return a / b + (a % b != 0);
}
[[nodiscard]] constexpr std::size_t round_up(std::size_t a, std::size_t b) noexcept {
  return ceil_div(a, b) * b;
}

[[nodiscard]] constexpr float absolute(float x) noexcept {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFu);
}
[[nodiscard]] constexpr bool is_finite(float x) noexcept {
  return (std::bit_cast<std::uint32_t>(x) & 0x7F800000u) != 0x7F800000u;
}

/// Nearest integer, ties to even (torch.round). Beyond 2^23 a float is an integer already.
[[nodiscard]] constexpr float round_even(float x) noexcept {
  const float shift = x < 0 ? -0x1p23f : 0x1p23f;
  return absolute(x) < 0x1p23f ? (x + shift) - shift : x;
}

/// max |x_i|; 0 for an empty row. A NaN anywhere gives NaN.
[[nodiscard]] constexpr float absmax(const float* x, std::size_t n) noexcept {
  // The bits of non-negative floats order like integers, NaN above infinity.
  std::uint32_t top = 0;
  for (std::size_t i = 0; i < n; ++i)
    top = max_of(top, std::bit_cast<std::uint32_t>(x[i]) & 0x7FFFFFFFu);
  return std::bit_cast<float>(top);
}

/// How many partial sums a float reduction keeps: element i is added to sum i % lanes.
inline constexpr std::size_t lanes = 16;

/// Adds the lanes pairwise, the upper half to the lower half, until one is left.
template <class T>
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr T add_lanes(T (&sum)[lanes]) noexcept {
  for (std::size_t width = lanes / 2; width != 0; width /= 2)
    for (std::size_t l = 0; l < width; ++l) sum[l] += sum[l + width];
  return sum[0];
}

/// sum[i % lanes] += a_i * b_i, in ascending i. n must be a multiple of `lanes` in all calls but
/// the last of a row, which is what lets a long row be multiplied tile by tile.
template <class A>
TRILITH_EXACT_FLOAT constexpr void dot_into(float (&sum)[lanes], const A* a, const float* b,
                                            std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l) sum[l] += static_cast<float>(a[i + l]) * b[i + l];
  for (std::size_t l = 0; i + l < n; ++l) sum[l] += static_cast<float>(a[i + l]) * b[i + l];
}

/// sum_i a_i b_i in the fixed order.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr float dot(const float* a, const float* b,
                                                      std::size_t n) noexcept {
  float sum[lanes] = {};
  dot_into(sum, a, b, n);
  return add_lanes(sum);
}

/// sum_i x_i^2 in the fixed order.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr float sum_of_squares(const float* x,
                                                                 std::size_t n) noexcept {
  return dot(x, x, n);
}

/// y_i += a * x_i
TRILITH_EXACT_FLOAT constexpr void add_scaled(float* y, float a, const float* x,
                                              std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

/// y_i += x_i
constexpr void add(float* y, const float* x, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) y[i] += x[i];
}

/// y_i *= a
constexpr void scale_by(float* y, float a, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) y[i] *= a;
}

/// Square root, correctly rounded; at compile time by Newton's method in double.
[[nodiscard]] constexpr float square_root(float x) noexcept {
  if (!std::is_constant_evaluated()) return __builtin_sqrtf(x);
  if (!(x > 0.0f)) return x == 0.0f ? x : __builtin_nanf("");
  if (!is_finite(x)) return x;
  double root = x < 1.0f ? 1.0 : static_cast<double>(x);
  for (int step = 0; step < 100; ++step) root = 0.5 * (root + static_cast<double>(x) / root);
  return static_cast<float>(root);
}

/// e^x, rounded correctly in all but about one case in a million: computed in double as
/// 2^n * sum_k r^k / k! with x = n ln 2 + r, |r| <= 0.35, from IEEE operations alone.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr float exponential(float x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  if (x != x) return x;
  const auto clamped = static_cast<double>(clamp_to(x, -104.0f, 89.0f));
  const double shift = clamped < 0 ? -0x1p52 : 0x1p52;
  const double n = (clamped * 1.44269504088896340736 + shift) - shift;
  const double r = clamped - n * 0.693147180559945309417;
  double sum = 1.0 / 3628800;
  for (const double factorial : {362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0})
    sum = sum * r + 1.0 / factorial;
  const auto exponent = static_cast<std::uint64_t>(static_cast<std::int64_t>(n) + 1023);
  return static_cast<float>(sum * std::bit_cast<double>(exponent << 52));
}

/// e^x in floats alone, within 2 units in the last place, for gradients: 2^n p(r) with x = n ln 2
/// + r, |r| <= 0.35, and a polynomial of degree 6. 0x1p-126 at least, and finite, whatever x is.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr float near_exponential(float x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const float clamped = clamp_to(x, -87.0f, 88.0f);
  const float shifted = clamped * 1.44269504f + 0x1.8p23f;  // n in the low bits
  const float n = shifted - 0x1.8p23f;
  const float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float sum = 1.0f / 720;
  for (const float term : {1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) sum = sum * r + term;
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(shifted) + 127) << 23;
  return sum * std::bit_cast<float>(exponent);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
