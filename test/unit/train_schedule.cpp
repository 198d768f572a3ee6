#include "train_fixture.hpp"

namespace {

using namespace test;

constexpr double pi = 3.14159265358979323846;

TEST_CASE("every schedule warms up from 1 / warmup to 1, linearly") {
  const auto check = [](const auto& s) {
    CHECK(s.rate(0, 1000) == 0.01);
    CHECK(s.rate(49, 1000) == 0.5);
    CHECK(s.rate(99, 1000) == 1);
  };
  check(tl::constant{.warmup = 100});
  check(tl::two_stage{.warmup = 100});
  check(tl::cosine{.warmup = 100});
  check(tl::wsd{.warmup = 100});
  CHECK(tl::two_stage{}.rate(374, 1000) == 1);
  CHECK(tl::constant{}.rate(0, 1) == 1);
}

TEST_CASE("two_stage falls to zero in two lines and drops at the half") {
  constexpr tl::two_stage s{.warmup = 10};
  static_assert(s.rate(10, 1000) == 0.99);
  static_assert(s.rate(499, 1000) == 1 - 0.499);
  static_assert(s.rate(500, 1000) == 2.0 / 3 * 0.5);
  static_assert(s.decay(499, 1000) == 1 && s.decay(500, 1000) == 0);
  static_assert(s.rate(1000, 1000) == 0 && s.rate(2000, 1000) == 0);
  CHECK(s.rate(999, 1000) == Approx(2.0 / 3 * 0.001));
  // 700M parameters: 1.5e-3 -> 1e-3, decay 0.1 -> 0
  CHECK(1.5e-3 * s.rate(500, 1000) == Approx(1e-3 * 0.5));
  // an odd number of steps: the middle one is of the first stage
  CHECK(s.decay(2, 5) == 1);
  CHECK(s.decay(3, 5) == 0);
}

TEST_CASE("cosine goes from 1 to its last value along a cosine") {
  constexpr tl::cosine s{.warmup = 100, .last = 0.1};
  static_assert(s.rate(100, 1100) == 1);
  CHECK(s.rate(600, 1100) == Approx(0.55).epsilon(1e-14));
  CHECK(s.rate(1100, 1100) == Approx(0.1).epsilon(1e-14));
  CHECK(s.rate(5000, 1100) == s.rate(1100, 1100));
  CHECK(s.decay(700, 1100) == 1);
  for (std::uint64_t t = 100; t < 1100; t += 37) {
    const double p = double(t - 100) / 1000;
    CHECK(s.rate(t, 1100) == Approx(0.1 + 0.9 * 0.5 * (1 + std::cos(pi * p))).epsilon(1e-14));
  }
}

TEST_CASE("wsd is 1 until the last fifth, and falls as 1 - sqrt") {
  constexpr tl::wsd s{};
  static_assert(s.rate(0, 1000) == 1 && s.rate(800, 1000) == 1);
  CHECK(s.rate(850, 1000) == Approx(0.5));
  CHECK(s.rate(801, 1000) == Approx(1 - std::sqrt(1.0 / 200)).epsilon(1e-14));
  CHECK(s.rate(1000, 1000) == 0);
  CHECK(tl::wsd{.last = 0.25}.rate(1000, 1000) == 0.25);
}

TEST_CASE("a schedule of no steps, or with a warm-up as long as the run, is finite") {
  for (const std::uint64_t steps : {0u, 1u, 10u})
    for (std::uint64_t t = 0; t <= steps; ++t) {
      CHECK(tl::two_stage{.warmup = 10}.rate(t, steps) <= 1);
      CHECK(tl::cosine{.warmup = 10}.rate(t, steps) <= 1);
      CHECK(tl::wsd{.warmup = 10}.rate(t, steps) <= 1);
    }
}

TEST_CASE("the functions of double numbers agree with the C library") {
  for (const double x : {1e-300, 1e-8, 0.3, 1.0, 2.0, 3.999, 4.0, 12345.678, 1e300})
    CHECK(tl::double_math::square_root(x) == Approx(std::sqrt(x)).epsilon(4e-16));
  CHECK(tl::double_math::square_root(0) == 0);
  for (double x = 0; x < 1; x += 1.0 / 64)
    CHECK(tl::double_math::half_cosine(x) ==
          Approx(std::pow(std::cos(pi / 2 * x), 2)).epsilon(2e-14));
  CHECK(tl::double_math::half_cosine(1) == 0);
  for (const std::uint64_t n : {0u, 1u, 2u, 7u, 1000u})
    CHECK(tl::double_math::power(0.95, n) == Approx(std::pow(0.95, double(n))).epsilon(1e-13));
}

}  // namespace
