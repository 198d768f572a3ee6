#include <trilith/weights/ternary.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace rounding = trilith::rounding;
using trilith::weights::calibration;

namespace {

template <std::uint64_t Seed>
using drawn =
    tl::weights::ternary<tl::rules::absmean, tl::scale::per_tensor, rounding::stochastic<Seed>>;

/// The mean code of `n` draws for the weight w at scale 1.
template <std::uint64_t Seed = 0>
double mean_code(float w, int n) {
  const calibration c{.scale = 1.0f};
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += drawn<Seed>::encode(w, c, std::uint64_t(i));
  return sum / n;
}

}  // namespace

TEST_CASE("the expectation of a stochastic code is the weight") {
  constexpr int n = 100'000;
  for (const float w : {-0.99f, -0.75f, -0.5f, -0.1f, -0.001f, 0.001f, 0.25f, 0.5f, 0.9f}) {
    const double p = std::fabs(double(w));  // a coin of this probability, times the sign
    INFO("w = " << w);
    CHECK(std::fabs(mean_code(w, n) - double(w)) < 4 * std::sqrt(p * (1 - p) / n));
  }
}

TEST_CASE("weights that are codes are not rounded at random") {
  for (const float w : {-1.0f, 0.0f, -0.0f, 1.0f}) CHECK(mean_code(w, 10'000) == double(w));
  for (const float w : {-5.0f, 1.5f, 1e30f})  // beyond the codes
    CHECK(mean_code(w, 1000) == (w > 0 ? 1.0 : -1.0));
}

TEST_CASE("only the two neighbouring codes are drawn") {
  const calibration c{.scale = 2.0f};
  int down = 0, up = 0, other = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const int code = drawn<3>::encode(-0.6f, c, i);  // -0.3 scales
    down += code == -1;
    up += code == 0;
    other += code == 1;
  }
  CHECK(other == 0);
  CHECK(down == Approx(3000).margin(4 * std::sqrt(2100.0)));
  CHECK(down + up == 10'000);
}

TEST_CASE("a draw depends on seed and index alone") {
  const calibration c{.scale = 1.0f};
  std::vector<int> forward, backward(1000);
  for (std::uint64_t i = 0; i < 1000; ++i) forward.push_back(drawn<7>::encode(0.5f, c, i));
  for (std::size_t i = 1000; i-- > 0;) backward[i] = drawn<7>::encode(0.5f, c, i);
  CHECK(forward == backward);
  std::vector<int> other_seed;
  for (std::uint64_t i = 0; i < 1000; ++i) other_seed.push_back(drawn<8>::encode(0.5f, c, i));
  CHECK(forward != other_seed);
}

TEST_CASE("a NaN weight is code 0 under either rounding") {
  const calibration c{.scale = 1.0f, .threshold = 0.5f};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (std::uint64_t i = 0; i < 20; ++i) CHECK(drawn<0>::encode(nan, c, i) == 0);
  CHECK(tl::weights::ternary<>::encode(nan, c, 0) == 0);
}

TEST_CASE("stochastic rounding of any value") {
  using r = rounding::stochastic<0>;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const float u = tl::uniform(0, 0, i);
    CHECK(r::round(2.25f, i) == (u >= 0.75f ? 3.0f : 2.0f));
    CHECK(r::round(-2.25f, i) == (u >= 0.25f ? -2.0f : -3.0f));
    CHECK(r::round(4.0f, i) == 4.0f);
  }
}
