#include <trilith/layers/gates.hpp>

#include <cmath>
#include <limits>

#include "catch.hpp"

namespace tl = trilith;

namespace {
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
}  // namespace

TEST_CASE("silu is x / (1 + e^-x)") {
  for (int k = -3000; k <= 3000; ++k) {
    const float x = float(k) / 100;
    const double expected = double(x) / (1 + std::exp(-double(x)));
    CHECK(double(tl::silu::of(x)) == Approx(expected).epsilon(4e-7));
  }
  CHECK(tl::silu::of(0.0f) == 0.0f);
  CHECK(tl::silu::of(100.0f) == 100.0f);
  CHECK(tl::silu::of(-1000.0f) == 0.0f);
  CHECK(tl::silu::of(infinite) == infinite);
  CHECK(std::isnan(tl::silu::of(not_a_number)));
  static_assert(tl::silu::of(0.0f) == 0.0f);
}

TEST_CASE("relu_squared is max(x, 0)^2") {
  CHECK(tl::relu_squared::of(3.0f) == 9.0f);
  CHECK(tl::relu_squared::of(-3.0f) == 0.0f);
  CHECK(tl::relu_squared::of(0.0f) == 0.0f);
  CHECK(tl::relu_squared::of(300.0f) == 90000.0f);  // beyond float16
  CHECK(tl::relu_squared::of(infinite) == infinite);
  CHECK(std::isnan(tl::relu_squared::of(not_a_number)));
  static_assert(tl::relu_squared::of(-0.5f) == 0.0f);
}

TEST_CASE("a closed gate lets nothing through, an open one or one that is no number may") {
  static_assert(tl::ClosingGate<tl::relu_squared>);
  static_assert(!tl::ClosingGate<tl::silu>);
  const float gate[] = {1.0f, -1.0f, 0.0f, -0.0f, not_a_number, 1e-30f, -infinite, infinite};
  std::uint32_t open[8];
  REQUIRE(tl::find_open<tl::relu_squared>(gate, 8, open) == 4);
  CHECK(open[0] == 0);
  CHECK(open[1] == 4);
  CHECK(open[2] == 5);
  CHECK(open[3] == 7);
  for (const float g : {-1.0f, 0.0f, -0.0f}) CHECK(tl::relu_squared::of(g) == 0.0f);
}
