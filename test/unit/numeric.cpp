#include <trilith/core/numeric.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <trilith/core/random.hpp>

#include "catch.hpp"

namespace tl = trilith;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::uint32_t bits(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

/// Any float at all, NaN and infinities included.
float any_float(std::uint64_t i) {
  return std::bit_cast<float>(tl::philox(11, 0, i)[0]);
}

/// Floats between 2^-8 and 2^8 of both signs: another order of adding gives other bits.
std::vector<float> spread(std::size_t n, std::uint64_t stream) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = tl::philox(3, stream, i);
    x[i] = std::ldexp(static_cast<float>(word[0]) * 0x1p-31f - 1.0f, int(word[1] % 17) - 8);
  }
  return x;
}

/// How many floats lie between two finite floats of one sign.
std::uint32_t ulps(float a, float b) {
  return bits(a) > bits(b) ? bits(a) - bits(b) : bits(b) - bits(a);
}

// The values of a function at compile time and at run time.
constexpr float roots_of[] = {
    0.0f, 1.0f,       2.0f,       3.0f,  0x1p-149f, 0x1.fffffep-127f, 0x1p-64f,      1e-5f,
    0.1f, 255.99998f, 16777215.f, 1e30f, 3.4e38f,   infinite,         0x1.000002p0f, 0x1.fffffep1f};
constexpr float powers_of[] = {0.0f,   -0.0f,   1.0f,    -1.0f,    0.5f,      88.72283f, 88.7229f,
                               -87.4f, -103.9f, -104.5f, infinite, -infinite, 1e-20f,    20.25f};
template <std::size_t N>
struct floats {
  float at[N];
};
template <float (*F)(float) noexcept, std::size_t N>
constexpr floats<N> each(const float (&x)[N]) {
  floats<N> y{};
  for (std::size_t i = 0; i < N; ++i) y.at[i] = F(x[i]);
  return y;
}
constexpr auto constant_roots = each<tl::square_root>(roots_of);
constexpr auto constant_powers = each<tl::exponential>(powers_of);

}  // namespace

TEST_CASE("round_even is nearbyint") {
  CHECK(tl::round_even(0.5f) == 0.0f);
  CHECK(tl::round_even(1.5f) == 2.0f);
  CHECK(tl::round_even(2.5f) == 2.0f);
  CHECK(tl::round_even(-2.5f) == -2.0f);
  CHECK(tl::round_even(-3.5f) == -4.0f);
  CHECK(tl::round_even(0x1.fffffep-2f) == 0.0f);
  CHECK(tl::round_even(8388607.5f) == 8388608.0f);
  CHECK(tl::round_even(-infinite) == -infinite);
  CHECK(std::isnan(tl::round_even(not_a_number)));
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    const float x = any_float(i);
    wrong += x == x && tl::round_even(x) != std::nearbyint(x);
  }
  for (int half = -4000; half <= 4000; ++half)
    wrong += tl::round_even(float(half) / 2) != std::nearbyint(float(half) / 2);
  CHECK(wrong == 0);
}

TEST_CASE("exponential is within one unit of e^x everywhere") {
  std::size_t inexact = 0, worst = 0, tried = 0;
  const auto probe = [&](float x) {
    const float exact = static_cast<float>(std::exp(static_cast<double>(x)));
    const std::uint32_t off = ulps(tl::exponential(x), exact);
    inexact += off != 0;
    worst = std::max<std::size_t>(worst, off);
    ++tried;
  };
  for (std::uint32_t b = 0; b < bits(105.0f); b += 997) {
    probe(std::bit_cast<float>(b));
    probe(-std::bit_cast<float>(b));
  }
  INFO(inexact << " of " << tried << " are not correctly rounded");
  CHECK(worst <= 1);
  CHECK(inexact <= 3 + tried / 500'000);
}

TEST_CASE("exponential at the edges") {
  CHECK(tl::exponential(0.0f) == 1.0f);
  CHECK(tl::exponential(1.0f) == 2.71828183f);
  CHECK(tl::exponential(88.7229f) == infinite);
  CHECK(tl::exponential(1e9f) == infinite);
  CHECK(tl::exponential(infinite) == infinite);
  CHECK(tl::exponential(-infinite) == 0.0f);
  CHECK(tl::exponential(-104.0f) == 0.0f);
  CHECK(tl::exponential(-103.0f) == 0x1p-149f);  // e^-103 = 1.3 units of the smallest subnormal
  CHECK(tl::exponential(-88.0f) == static_cast<float>(std::exp(-88.0)));
  CHECK(std::isnan(tl::exponential(not_a_number)));
}

TEST_CASE("compile time and run time agree to the last bit") {
  for (std::size_t i = 0; i < std::size(roots_of); ++i) {
    const volatile float x = roots_of[i];
    INFO("x = " << roots_of[i]);
    CHECK(bits(constant_roots.at[i]) == bits(tl::square_root(x)));
    CHECK(bits(constant_roots.at[i]) == bits(std::sqrt(x)));
  }
  for (std::size_t i = 0; i < std::size(powers_of); ++i) {
    const volatile float x = powers_of[i];
    INFO("x = " << powers_of[i]);
    CHECK(bits(constant_powers.at[i]) == bits(tl::exponential(x)));
  }
}

TEST_CASE("square_root outside its domain") {
  CHECK(std::isnan(tl::square_root(-1.0f)));
  CHECK(std::isnan(tl::square_root(not_a_number)));
  static_assert(tl::square_root(-1.0f) != tl::square_root(-1.0f));
  CHECK(bits(tl::square_root(-0.0f)) == bits(-0.0f));
}

TEST_CASE("dot adds in sixteen lanes, then pairwise") {
  for (const std::size_t n : {0u, 1u, 15u, 16u, 17u, 100u, 172u, 1024u, 1039u}) {
    const auto a = spread(n, 1), b = spread(n, 2);
    float lane[16] = {};
    for (std::size_t i = 0; i < n; ++i) {
      const volatile float product = a[i] * b[i];  // volatile: never fused with the sum
      lane[i % 16] = lane[i % 16] + product;
    }
    const auto pair = [&](std::size_t l) {
      return ((lane[l] + lane[l + 8]) + (lane[l + 4] + lane[l + 12]));
    };
    const float expected = (pair(0) + pair(2)) + (pair(1) + pair(3));
    INFO("n = " << n);
    CHECK(bits(tl::dot(a.data(), b.data(), n)) == bits(expected));
    if (n > 100) {  // the order is visible: summing straight on gives other bits
      float straight = 0;
      for (std::size_t i = 0; i < n; ++i) straight += a[i] * b[i];
      CHECK(bits(straight) != bits(expected));
    }
  }
}

TEST_CASE("dot_into takes a row tile by tile") {
  const auto a = spread(1039, 1), b = spread(1039, 2);
  float whole[tl::lanes] = {}, tiles[tl::lanes] = {};
  tl::dot_into(whole, a.data(), b.data(), 1039);
  tl::dot_into(tiles, a.data(), b.data(), 512);
  tl::dot_into(tiles, a.data() + 512, b.data() + 512, 16);
  tl::dot_into(tiles, a.data() + 528, b.data() + 528, 511);
  CHECK(std::equal(whole, whole + tl::lanes, tiles));
}

TEST_CASE("products are not fused with sums") {
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24; the last term is lost unless the multiply-add is fused
  volatile float one_and = 1.0f + 0x1p-12f;
  float y[1] = {-1.0f - 0x1p-11f};
  const float x[1] = {one_and};
  tl::add_scaled(y, one_and, x, 1);
  CHECK(y[0] == 0.0f);
  const float a[17] = {-1.0f - 0x1p-11f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, one_and};
  const float b[17] = {1.0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, one_and};
  CHECK(tl::dot(a, b, 17) == 0.0f);
}

TEST_CASE("absmax") {
  const std::vector<float> x{0.5f, -3.0f, 2.0f, -0.0f};
  CHECK(tl::absmax(x.data(), 4) == 3.0f);
  CHECK(tl::absmax(x.data(), 1) == 0.5f);
  CHECK(tl::absmax(x.data(), 0) == 0.0f);
  for (std::size_t at = 0; at < 4; ++at) {
    auto damaged = x;
    damaged[at] = -infinite;
    CHECK(tl::absmax(damaged.data(), 4) == infinite);
    damaged[(at + 1) % 4] = -not_a_number;
    CHECK(std::isnan(tl::absmax(damaged.data(), 4)));
  }
}

TEST_CASE("small integers") {
  CHECK(tl::ceil_div(0, 5) == 0);
  CHECK(tl::ceil_div(10, 5) == 2);
  CHECK(tl::ceil_div(11, 5) == 3);
  CHECK(tl::ceil_div(SIZE_MAX, 2) == SIZE_MAX / 2 + 1);
  CHECK(tl::round_up(65, 64) == 128);
  CHECK(tl::round_up(64, 64) == 64);
  CHECK(tl::clamp_to(5, 0, 3) == 3);
  CHECK(tl::clamp_to(-5, 0, 3) == 0);
  CHECK(tl::is_finite(0x1.fffffep127f));
  CHECK_FALSE(tl::is_finite(-infinite));
  CHECK_FALSE(tl::is_finite(not_a_number));
}
