#include "train_fixture.hpp"

namespace {

using namespace test;
using tl::filter::ema;
using tl::filter::ma;

/// What the filter makes of a gradient of one value at each of `steps` steps.
template <class Filter, class Gradient>
floats filtered(const Filter& f, std::size_t steps, Gradient gradient) {
  typename Filter::state s(f, vector_of(1));
  floats out;
  for (std::size_t t = 0; t < steps; ++t) {
    float g = gradient(t);
    f.apply({&g, 1}, s, {.step = t}, {});
    out.push_back(g);
  }
  return out;
}
float constant_one(std::size_t) {
  return 1;
}
float alternating(std::size_t t) {
  return t % 2 == 0 ? 1.0f : -1.0f;
}

TEST_CASE("grokfast<ema> begins with the first gradient: (1 + lambda) g") {
  CHECK(filtered(tl::grokfast<ema>{}, 1, [](std::size_t) { return 0.5f; })[0] == 1.5f);
  CHECK(filtered(tl::grokfast<ema>{.lambda = 5}, 1, constant_one)[0] == 6);
}

// The reference had g + lambda (g - mu), a high-pass: 1 and 2.98.
TEST_CASE("grokfast<ema> is a low-pass filter: bug 1 of the reference") {
  for (const float g : filtered(tl::grokfast<ema>{}, 500, constant_one))
    CHECK(g == Approx(3).epsilon(1e-5));
  const float late = filtered(tl::grokfast<ema>{}, 2000, alternating).back();
  CHECK(std::fabs(late) == Approx(1 + 2 * 0.02 / 1.98).epsilon(1e-4));
  CHECK(std::fabs(late) == Approx(1.0202).epsilon(1e-4));
}

TEST_CASE("grokfast<ma> changes nothing until its window is full") {
  const tl::grokfast<ma> f{.window = 4, .lambda = 5};
  const floats g = filtered(f, 9, [](std::size_t t) { return float(t + 1); });
  CHECK(floats(g.begin(), g.begin() + 3) == floats{1, 2, 3});
  for (std::size_t t = 3; t < 9; ++t)  // mean of t - 2 ... t + 1
    CHECK(g[t] == Approx(float(t + 1) + 5 * (float(t) - 0.5f)));
  CHECK(filtered(tl::grokfast<ma>{}, 100, constant_one)[98] == 1);
  CHECK(filtered(tl::grokfast<ma>{}, 100, constant_one)[99] == Approx(6));
}

TEST_CASE("grokfast<ma> with a window of one step multiplies by 1 + lambda") {
  CHECK(filtered(tl::grokfast<ma>{.window = 1}, 3, alternating) == floats{6, -6, 6});
}

TEST_CASE("the state of a filter has one float a weight and gradient") {
  CHECK(tl::grokfast<ema>::state({}, hidden(3, 5)).floats() == 15);
  CHECK(tl::grokfast<ma>::state({.window = 7}, hidden(3, 5)).floats() == 105);
}

}  // namespace
