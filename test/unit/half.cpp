#include <trilith/core/half.hpp>
#include <trilith/core/random.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.hpp"

namespace tl = trilith;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

std::uint32_t bits(float x) {
  return std::bit_cast<std::uint32_t>(x);
}
std::uint16_t f16(float x) {
  return tl::to_float16(x).bits;
}
std::uint16_t bf16(float x) {
  return tl::to_bfloat16(x).bits;
}

/// The value of a binary16 by the standard's formula.
double value_of(std::uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return half >> 15 ? -magnitude : magnitude;
}

/// The binary16 nearest to x, ties to even, found on the grid of multiples of its unit.
std::uint16_t nearest(float x) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(x) ? 0x8000 : 0);
  const double magnitude = std::fabs(static_cast<double>(x));
  if (magnitude >= 65520.0) return sign | 0x7C00;  // half a unit beyond 65504
  int exponent = 0;
  (void)std::frexp(magnitude, &exponent);  // magnitude < 2^exponent
  const int unit = std::max(exponent - 11, -24);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(magnitude, -unit)), unit);
  for (std::uint16_t h = 0; h < 0x7C00; ++h)
    if (value_of(h) == rounded) return static_cast<std::uint16_t>(sign | h);
  return sign | 0x7C00;
}

}  // namespace

TEST_CASE("every binary16 is the float of its formula and comes back") {
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    const float x = tl::to_float(tl::float16{half});
    const bool is_special = (half & 0x7C00) == 0x7C00;
    if (!is_special) {
      wrong += static_cast<double>(x) != value_of(half) || std::signbit(x) != (half >> 15);
      wrong += f16(x) != half;
    } else if ((half & 0x03FF) == 0) {
      wrong += x != ((half >> 15) ? -infinite : infinite) || f16(x) != half;
    } else {
      wrong += !std::isnan(x) || !std::isnan(tl::to_float(tl::to_float16(x)));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("between neighbours a float goes to the nearer, and a tie to the even one") {
  std::size_t wrong = 0;
  for (std::uint16_t low = 0; low < 0x7BFF; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    const auto middle = static_cast<float>((value_of(low) + value_of(high)) / 2);  // exact
    wrong += f16(middle) != (low % 2 == 0 ? low : high);
    wrong += f16(std::nextafter(middle, 0.0f)) != low;
    wrong += f16(std::nextafter(middle, infinite)) != high;
    wrong += f16(-middle) != (0x8000 | (low % 2 == 0 ? low : high));
  }
  CHECK(wrong == 0);
}

TEST_CASE("random floats to binary16 against rounding in double") {
  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto word = tl::philox(5, 0, i);
    const float x = std::ldexp(1.0f + static_cast<float>(word[0] >> 9) * 0x1p-23f,
                               static_cast<int>(word[1] % 46) - 28);
    INFO("x = " << x);
    CHECK(f16(x) == nearest(x));
    CHECK(f16(-x) == nearest(-x));
  }
}

TEST_CASE("golden binary16 values") {
  CHECK(f16(1.0f) == 0x3C00);
  CHECK(f16(-2.0f) == 0xC000);
  CHECK(f16(0.333333343f) == 0x3555);
  CHECK(f16(65504.0f) == 0x7BFF);
  CHECK(f16(65519.996f) == 0x7BFF);
  CHECK(f16(65520.0f) == 0x7C00);
  CHECK(f16(1e30f) == 0x7C00);
  CHECK(f16(-infinite) == 0xFC00);
  CHECK(f16(0x1p-24f) == 0x0001);
  CHECK(f16(0x1p-25f) == 0x0000);
  CHECK(f16(0x1.000002p-25f) == 0x0001);
  CHECK(f16(0x1p-149f) == 0x0000);
  CHECK(f16(-0.0f) == 0x8000);
  CHECK(f16(0x1.ffcp-15f) == 0x0400);  // the tie between the largest subnormal and 2^-14
  CHECK(std::isnan(tl::to_float(tl::to_float16(-std::nanf("")))));
  static_assert(tl::to_float(tl::to_float16(0.1f)) == 0.0999755859375f);
}

TEST_CASE("every bfloat16 comes back; ties go to even") {
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    const float x = tl::to_float(tl::bfloat16{half});
    if (std::isnan(x)) {
      wrong += !std::isnan(tl::to_float(tl::to_bfloat16(x)));
      continue;
    }
    wrong += bits(x) != i << 16 || bf16(x) != half;
    if (std::isinf(x)) continue;
    // half a unit above is a tie, one float less and one more are not
    const auto tie = static_cast<std::uint16_t>(half + half % 2);
    wrong += bf16(std::bit_cast<float>(i << 16 | 0x8000u)) != tie;
    wrong += bf16(std::bit_cast<float>(i << 16 | 0x7FFFu)) != half;
    wrong += bf16(std::bit_cast<float>(i << 16 | 0x8001u)) != static_cast<std::uint16_t>(half + 1);
  }
  CHECK(wrong == 0);
}

TEST_CASE("golden bfloat16 values") {
  CHECK(bf16(1.0f) == 0x3F80);
  CHECK(bf16(3.14159274f) == 0x4049);
  CHECK(bf16(0x1.fffffep127f) == 0x7F80);
  CHECK(bf16(-infinite) == 0xFF80);
  CHECK(bf16(0x1p-149f) == 0x0000);
  CHECK(bf16(-0.0f) == 0x8000);
  // a NaN whose upper half alone would be an infinity stays a NaN
  CHECK(std::isnan(tl::to_float(tl::to_bfloat16(std::bit_cast<float>(0x7F800001u)))));
  CHECK(std::isnan(tl::to_float(tl::to_bfloat16(std::bit_cast<float>(0xFFFFFFFFu)))));
}
