// Quantisers of activations against PyTorch and other implementations of their formulas
// (fixtures/make_activations.py), and what each promises beside.

#include <trilith/activations/dequantized.hpp>
#include <trilith/activations/f8.hpp>
#include <trilith/activations/fp4.hpp>
#include <trilith/activations/hadamard.hpp>
#include <trilith/activations/int4.hpp>
#include <trilith/activations/plain.hpp>
#include <trilith/activations/top_k.hpp>

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace act = trilith::activations;

namespace {

struct formula_case {
  std::string_view quantiser;
  std::size_t n;
  int seed;
  float scale;
  std::vector<float> values;
};
const std::vector<formula_case> cases{
#include "fixtures/activations.inc"
};

/// make_activations.py has the same.
std::vector<float> token(std::size_t n, int seed) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto whole = (i * i * 7919 + static_cast<std::size_t>(seed) * 104729) % 2001;
    x[i] = std::ldexp(static_cast<float>(whole) - 1000, seed % 7 - 9);
    if (i % 13 == static_cast<std::size_t>(seed) % 13) x[i] *= 8;
  }
  return x;
}

struct quantised {
  float scale = 0;
  std::vector<float> values;
};
template <class A>
quantised quantise(const std::vector<float>& x) {
  std::vector<typename A::element> q(x.size());
  quantised out;
  out.scale = A::quantize(x.data(), q.data(), x.size());
  out.values.assign(q.begin(), q.end());
  return out;
}

template <class A>
void compare(std::string_view name) {
  std::size_t seen = 0;
  for (const formula_case& c : cases) {
    if (c.quantiser != name) continue;
    INFO(name << ", n = " << c.n << ", seed " << c.seed);
    const quantised found = quantise<A>(token(c.n, c.seed));
    CHECK(found.scale == Approx(c.scale).epsilon(3e-7));
    CHECK(found.values == c.values);
    ++seen;
  }
  CHECK(seen == 3);
}

std::size_t count_zeros(const std::vector<float>& x) {
  std::size_t zeros = 0;
  for (const float v : x) zeros += v == 0;
  return zeros;
}

}  // namespace

TEST_CASE("quantisers of activations give what other implementations give") {
  compare<act::int4<>>("int4");
  compare<act::int4<act::absmax_range>>("int4_absmax");
  compare<act::fp4>("fp4");
  compare<act::mxfp4>("mxfp4");
  compare<act::f8<act::e4m3>>("e4m3");
  compare<act::f8<act::e5m2>>("e5m2");
  compare<act::top_k<50>>("top_half");
  compare<act::top_k<20>>("top_fifth");
  compare<act::hadamard<act::int4<>>>("rotated_int4");
  compare<act::hadamard<>>("rotated_int8");
}

TEST_CASE("fp4 has eight magnitudes, and ties go to the even fraction") {
  const std::vector<float> x{6,     5,      3.5f,  2.5f,  1.75f, 1.25f, 0.75f,
                             0.25f, -0.26f, -5.1f, -4.9f, 0.0f,  1.0f};
  const auto [scale, codes] = quantise<act::fp4>(x);
  CHECK(scale == 0.5f);
  CHECK(codes == std::vector<float>{12, 8, 8, 4, 4, 2, 2, 0, -1, -12, -8, 0, 2});
}

TEMPLATE_TEST_CASE("four bits have at most sixteen codes", "", act::int4<>,
                   act::int4<act::absmax_range>, act::fp4) {
  for (int seed = 0; seed < 50; ++seed) {
    const auto codes = quantise<TestType>(token(200, seed)).values;
    bool seen[32] = {};
    for (const float c : codes) seen[static_cast<std::size_t>(c + 16)] = true;
    std::size_t kinds = 0;
    for (const bool s : seen) kinds += s;
    CHECK(kinds <= 16);
    CHECK(kinds >= 8);
  }
}

TEST_CASE("top_k keeps the largest, and of equals the first") {
  CHECK(quantise<act::top_k<50>>({1, -127, 3, 3, 3, -3}).values ==
        std::vector<float>{0, -127, 3, 3, 0, 0});
  CHECK(quantise<act::top_k<100>>({1, 2, 127}).values == std::vector<float>{1, 2, 127});
  CHECK(quantise<act::top_k<1>>({1, 2, 127}).values ==
        std::vector<float>{0, 0, 127});  // rounded up
  CHECK(quantise<act::top_k<50>>({}).values.empty());
  for (const std::size_t n : {1u, 2u, 3u, 100u, 1000u}) {
    const auto x = token(n, 5);
    const auto some = quantise<act::top_k<30>>(x), all = quantise<act::int8<>>(x);
    CHECK(some.scale == all.scale);
    const std::size_t k = (n * 30 + 99) / 100;
    float least_kept = std::numeric_limits<float>::infinity(), most_left = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (some.values[i] != 0) {
        CHECK(some.values[i] == all.values[i]);
        least_kept = std::min(least_kept, std::fabs(x[i]));
      } else if (all.values[i] != 0) {
        most_left = std::max(most_left, std::fabs(x[i]));
      }
    }
    CHECK(count_zeros(some.values) >= n - k);
    CHECK(most_left <= least_kept);
  }
}

TEST_CASE("the Hadamard transform is orthonormal and its own inverse, for any width") {
  CHECK(act::hadamard_block(2560) == 512);
  CHECK(act::hadamard_block(6912) == 256);
  CHECK(act::hadamard_block(320) == 64);
  CHECK(act::hadamard_block(7) == 1);
  for (const std::size_t n : {1u, 2u, 6u, 7u, 64u, 320u, 2560u}) {
    const auto x = token(n, 4);
    auto y = x;
    act::hadamard_transform(y.data(), n);
    double before = 0, after = 0;
    for (std::size_t i = 0; i < n; ++i) {
      before += double(x[i]) * double(x[i]);
      after += double(y[i]) * double(y[i]);
    }
    CHECK(after == Approx(before).epsilon(1e-5));
    if (n % 2 == 0) CHECK(y != x);
    act::hadamard_transform(y.data(), n);
    for (std::size_t i = 0; i < n; ++i)
      CHECK(y[i] == Approx(x[i]).margin(1e-5 * std::sqrt(before / double(n))).epsilon(1e-5));
  }
  float delta[4] = {0, 0, 2, 0};
  act::hadamard_transform(delta, 4);
  for (const float v : {delta[0] - 1, delta[1] - 1, delta[2] + 1, delta[3] + 1}) CHECK(v == 0);
}

TEMPLATE_TEST_CASE("NaN and infinity show in the scale or in the values", "", act::int4<>, act::fp4,
                   act::mxfp4, act::f8<>, act::top_k<50>, act::hadamard<act::int4<>>) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const auto found = quantise<TestType>({1, 2, bad, 4, 5, 6});
    float worst = found.scale;
    for (const float v : found.values) worst += found.scale * v;
    CHECK(!std::isfinite(worst));
  }
}

TEMPLATE_TEST_CASE("zero tokens stay zero with a finite scale", "", act::int4<>, act::fp4,
                   act::mxfp4, act::f8<>, act::top_k<50>, act::hadamard<act::int4<>>) {
  for (const std::size_t n : {0u, 1u, 33u, 64u}) {
    const auto found = quantise<TestType>(std::vector<float>(n));
    CHECK(std::isfinite(found.scale));
    CHECK(found.values == std::vector<float>(n));
  }
}

TEST_CASE("dequantised activations rotate as the integers do") {
  using A = act::hadamard<act::int4<>>;
  const auto x = token(96, 6);
  const auto integers = quantise<A>(x), floats = quantise<act::dequantized<A>>(x);
  CHECK(floats.scale == 1);
  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(floats.values[i] == integers.scale * integers.values[i]);
  static_assert(act::rotates<A> && act::rotates<act::dequantized<A>> && !act::rotates<act::int4<>>);
}
