#include <trilith/layers/rotary.hpp>

#include <cmath>
#include <complex>
#include <vector>

#include "catch.hpp"
#include "random_values.hpp"

namespace tl = trilith;
using test::random_values;

namespace {

template <class Pairing>
std::vector<float> turned(std::vector<float> x, std::size_t position, float theta = 10000.f) {
  tl::rotary_angles angles(2, x.size(), theta);
  angles.set(1, position);
  Pairing::turn(x.data(), angles.cosines(1), angles.sines(1), x.size());
  return x;
}

/// The pair (a, b) as a + ib, times e^(i position theta^(-2 i / n)), in double.
std::complex<double> rotated(float a, float b, std::size_t i, std::size_t n, std::size_t position,
                             double theta) {
  const double angle = double(position) * std::pow(theta, -2.0 * double(i) / double(n));
  return std::complex<double>(double(a), double(b)) * std::polar(1.0, angle);
}

}  // namespace

TEST_CASE("both pairings turn pairs by position * theta^(-2 i / n)") {
  for (const std::size_t n : {2u, 16u, 100u, 128u})
    for (const float theta : {10000.f, 500000.f})
      for (const std::size_t position : {0u, 1u, 17u, 2047u}) {
        const auto x = random_values(n, n + position);
        const auto half = turned<tl::rotary::half_split>(x, position, theta);
        const auto inter = turned<tl::rotary::interleaved>(x, position, theta);
        // the angle is a float product: its error grows with the position
        const double margin = 1e-6 + 2e-7 * double(position);
        INFO("n = " << n << ", theta = " << theta << ", position " << position);
        for (std::size_t i = 0; i < n / 2; ++i) {
          const auto h = rotated(x[i], x[i + n / 2], i, n, position, double(theta));
          REQUIRE(double(half[i]) == Approx(h.real()).margin(margin));
          REQUIRE(double(half[i + n / 2]) == Approx(h.imag()).margin(margin));
          const auto p = rotated(x[2 * i], x[2 * i + 1], i, n, position, double(theta));
          REQUIRE(double(inter[2 * i]) == Approx(p.real()).margin(margin));
          REQUIRE(double(inter[2 * i + 1]) == Approx(p.imag()).margin(margin));
        }
      }
}

TEST_CASE("position 0 changes nothing") {
  const auto x = random_values(64, 1);
  CHECK(turned<tl::rotary::half_split>(x, 0) == x);
  CHECK(turned<tl::rotary::interleaved>(x, 0) == x);
}

TEST_CASE("the pairings are one another, permuted") {
  constexpr std::size_t n = 64;
  const auto x = random_values(n, 2);
  std::vector<float> permuted(n);
  for (std::size_t i = 0; i < n / 2; ++i) {
    permuted[2 * i] = x[i];
    permuted[2 * i + 1] = x[i + n / 2];
  }
  const auto half = turned<tl::rotary::half_split>(x, 33);
  const auto inter = turned<tl::rotary::interleaved>(permuted, 33);
  for (std::size_t i = 0; i < n / 2; ++i) {
    CHECK(half[i] == inter[2 * i]);
    CHECK(half[i + n / 2] == inter[2 * i + 1]);
  }
  CHECK(half != turned<tl::rotary::interleaved>(x, 33));
}

TEMPLATE_TEST_CASE("scores depend on the distance of two positions alone", "",
                   tl::rotary::half_split, tl::rotary::interleaved) {
  const auto q = random_values(32, 3), k = random_values(32, 4);
  const auto score = [&](std::size_t at_q, std::size_t at_k) {
    const auto a = turned<TestType>(q, at_q), b = turned<TestType>(k, at_k);
    double sum = 0;
    for (std::size_t i = 0; i < 32; ++i) sum += double(a[i]) * double(b[i]);
    return sum;
  };
  CHECK(score(9, 4) == Approx(score(105, 100)).margin(1e-4));
  CHECK(std::fabs(score(9, 4) - score(9, 5)) > 1e-3);
}

TEST_CASE("the slots of a pass have angles of their own") {
  tl::rotary_angles angles(3, 8, 10000.f);
  angles.set(0, 5);
  angles.set(2, 7);
  CHECK(angles.cosines(0)[0] == std::cos(5.0f));
  CHECK(angles.sines(2)[0] == std::sin(7.0f));
  CHECK(angles.sines(0)[1] == Approx(std::sin(0.5f)));
  angles.set(0, 6);
  CHECK(angles.cosines(0)[0] == std::cos(6.0f));
  CHECK(angles.sines(2)[0] == std::sin(7.0f));
}
