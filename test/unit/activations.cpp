#include <trilith/activations/dequantized.hpp>
#include <trilith/activations/int8.hpp>
#include <trilith/activations/plain.hpp>
#include <trilith/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace activations = trilith::activations;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
using absmean_int8 = activations::int8<activations::absmean_range>;

struct quantized {
  std::vector<std::int8_t> q;
  float scale;
};
template <class A = activations::int8<>>
quantized quantize(const std::vector<float>& x) {
  quantized out{std::vector<std::int8_t>(x.size()), 0.0f};
  out.scale = A::quantize(x.data(), out.q.data(), x.size());
  return out;
}

/// n values of a token; its size is anything between 2^-40 and 2^40.
std::vector<float> token(std::size_t n, std::uint64_t seed) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = std::ldexp(2 * tl::uniform(seed, 1, i) - 1, int(seed % 81) - 40);
  return x;
}

}  // namespace

TEST_CASE("int8: the golden vector") {
  const auto [q, scale] = quantize({0.5f, -1.0f, 0.25f, 0.0f});
  CHECK(q == std::vector<std::int8_t>{64, -127, 32, 0});  // 63.5 is even as 64; 31.75
  CHECK(scale == 1.0f / 127);
}

TEST_CASE("int8: the largest magnitude of a token is exactly 127") {
  std::size_t wrong = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    const auto x = token(1 + seed % 40, seed);
    const float top = tl::absmax(x.data(), x.size());
    if (top < activations::smallest_magnitude) continue;
    const auto [q, scale] = quantize(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      wrong += std::fabs(x[i]) == top && std::abs(int(q[i])) != 127;
      wrong += std::abs(int(q[i])) > 127 || (x[i] > 0 && q[i] < 0) || (x[i] < 0 && q[i] > 0);
    }
    wrong += scale != top / 127;
  }
  CHECK(wrong == 0);
}

TEST_CASE("int8: codes are 127 / max |x| times x, rounded half to even") {
  const auto x = token(1000, 43);
  const auto [q, scale] = quantize(x);
  const float multiplier = 127.0f / tl::absmax(x.data(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    REQUIRE(float(q[i]) == std::nearbyint(x[i] * multiplier));
  std::vector<float> halves{127.0f};  // the multiplier is 1: every half is a tie
  for (int k = -127; k < 127; ++k) halves.push_back(float(k) + 0.5f);
  const auto ties = quantize(halves);
  for (std::size_t i = 0; i < halves.size(); ++i)
    REQUIRE(float(ties.q[i]) == std::nearbyint(halves[i]));
}

TEST_CASE("int8: zero tokens stay zero with a finite scale") {
  const auto zero = quantize(std::vector<float>(100, 0.0f));
  CHECK(zero.q == std::vector<std::int8_t>(100, 0));
  CHECK(zero.scale == 1e-5f / 127);
  const auto tiny = quantize({1e-30f, -1e-38f, 0x1p-149f});
  CHECK(tiny.q == std::vector<std::int8_t>(3, 0));
  CHECK(quantize({}).scale == 1e-5f / 127);
  CHECK(quantize<absmean_int8>(std::vector<float>(5, 0.0f)).q == std::vector<std::int8_t>(5, 0));
  CHECK(quantize<absmean_int8>({}).scale > 0.0f);
}

TEMPLATE_TEST_CASE("int8: NaN and infinity show in the scale", "", activations::int8<>,
                   absmean_int8) {
  for (std::size_t at = 0; at < 5; ++at) {
    std::vector<float> x{1, 2, 3, 4, 5};
    x[at] = at % 2 == 0 ? infinite : -infinite;
    CHECK(std::isinf(quantize<TestType>(x).scale));
    x[at] = at % 2 == 0 ? not_a_number : -not_a_number;
    CHECK(std::isnan(quantize<TestType>(x).scale));
  }
}

TEST_CASE("int8 by absmean: sqrt(127) / mean |x|, clipped") {
  const std::vector<float> x{0.5f, -1.0f, 0.25f, 0.25f};  // mean 0.5
  const auto [q, scale] = quantize<absmean_int8>(x);
  const double multiplier = std::sqrt(127.0) / 0.5;
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(double(q[i]) == std::nearbyint(double(x[i]) * multiplier));
  CHECK(scale == Approx(0.5 / std::sqrt(127.0)).epsilon(1e-6));
  std::vector<float> outlier(1000, 0.01f);
  outlier[7] = 1.0f;  // 92 times the mean; codes end at 127 and -128
  outlier[8] = -1.0f;
  const auto clipped = quantize<absmean_int8>(outlier);
  CHECK(int(clipped.q[7]) == 127);
  CHECK(int(clipped.q[8]) == -128);
  CHECK(int(clipped.q[9]) == 9);  // 0.01 sqrt(127) / 0.01198 = 9.4
}

TEST_CASE("plain activations") {
  const auto x = token(100, 40);
  std::vector<float> q(100);
  CHECK(activations::f32::quantize(x.data(), q.data(), 100) == 1.0f);
  CHECK(q == x);
  CHECK(activations::bf16::quantize(x.data(), q.data(), 100) == 1.0f);
  CHECK(q != x);
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK((std::bit_cast<std::uint32_t>(q[i]) & 0xFFFFu) == 0);
    CHECK(std::fabs(q[i] - x[i]) <= std::fabs(x[i]) * 0x1p-8f);
  }
  const float tie[2] = {0x1.01p0f, 0x1.03p0f};
  CHECK(activations::bf16::quantize(tie, q.data(), 2) == 1.0f);
  CHECK(q[0] == 1.0f);
  CHECK(q[1] == 0x1.04p0f);
}

TEMPLATE_TEST_CASE("dequantized activations are scale times q", "", activations::int8<>,
                   absmean_int8) {
  for (const std::size_t n : {1u, 2u, 3u, 4u, 5u, 63u, 64u, 65u, 1000u}) {
    const auto x = token(n, n);
    const auto [q, scale] = quantize<TestType>(x);
    std::vector<float> floats(n + 1, 77.0f);
    CHECK(activations::dequantized<TestType>::quantize(x.data(), floats.data(), n) == 1.0f);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i) wrong += floats[i] != scale * float(q[i]);
    INFO("n = " << n);
    CHECK(wrong == 0);
    CHECK(floats[n] == 77.0f);
  }
}
