#include <trilith/weights/rules.hpp>

#include <trilith/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace rules = trilith::rules;
using trilith::weights::calibration;

namespace {

#include "fixtures/absmean_reciprocal.inc"

float from_bits(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

/// Nearly Gaussian: the sum of twelve uniform numbers.
std::vector<float> gaussian(std::size_t n, float deviation, std::uint64_t seed = 1) {
  std::vector<float> w(n);
  for (std::size_t i = 0; i < n; ++i) {
    float sum = -6.0f;
    for (std::uint64_t k = 0; k < 12; ++k) sum += tl::uniform(seed, k, i);
    w[i] = sum * deviation;
  }
  return w;
}

template <class Rule>
double zero_share(const std::vector<float>& w) {
  const calibration c = Rule::calibrate(w.data(), w.size());
  return double(std::count_if(w.begin(), w.end(), [&](float x) { return Rule::code(x, c) == 0; })) /
         double(w.size());
}

/// |W - s T|^2
template <class Rule>
double squared_error(const std::vector<float>& w, double scale) {
  const calibration c = Rule::calibrate(w.data(), w.size());
  double sum = 0;
  for (const float x : w) sum += std::pow(double(x) - scale * Rule::code(x, c), 2);
  return sum;
}

/// clip(round(u), -1, 1) with ties to even
int rounded(double u) {
  return static_cast<int>(std::clamp(std::nearbyint(u), -1.0, 1.0));
}

/// The float `ulps` places after x.
float moved(float x, int ulps) {
  return from_bits(
      static_cast<std::uint32_t>(static_cast<int>(std::bit_cast<std::uint32_t>(x)) + ulps));
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("absmean is clip(round(w / scale)), ties and their neighbours included") {
  std::size_t wrong = 0, tried = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const float scale = std::ldexp(1.0f + tl::uniform(4, 0, i), int(i % 20) - 16);
    const float w[1] = {scale};
    const calibration c = rules::absmean::calibrate(w, 1);
    REQUIRE(c.scale == std::max(scale, 1e-5f));
    for (int ulps = -3; ulps <= 3; ++ulps)
      for (const float sign : {1.0f, -1.0f}) {
        const float probe = sign * moved(c.scale / 2, ulps);
        const float quotient = probe / c.scale;
        wrong += rules::absmean::code(probe, c) != rounded(double(quotient));
        wrong += rules::absmean::code(probe, c) != (ulps > 0 ? int(sign) : 0);
        ++tried;
      }
  }
  CHECK(tried == 56000);
  CHECK(wrong == 0);
  const auto w = gaussian(100'000, 0.02f);
  const calibration c = rules::absmean::calibrate(w.data(), w.size());
  CHECK(std::all_of(w.begin(), w.end(), [&](float x) {
    return rules::absmean::code(x, c) == rounded(double(x / c.scale));
  }));
}

TEST_CASE("absmean_reciprocal gives the codes of the PyTorch implementations") {
  std::vector<float> w;
  for (const std::uint32_t bits : matrix_weights) w.push_back(from_bits(bits));
  const calibration c = rules::absmean_reciprocal::calibrate(w.data(), w.size());
  for (std::size_t i = 0; i < w.size(); ++i) {
    INFO("weight " << i);
    REQUIRE(int(rules::absmean_reciprocal::code(w[i], c)) == matrix_codes[i]);
  }
  std::size_t unlike_division = 0;
  for (const auto& probe : probes) {
    const float mean = from_bits(probe.mean), weight = from_bits(probe.weight);
    const calibration of_mean = rules::absmean_reciprocal::calibrate(&mean, 1);
    INFO("mean " << mean << ", weight " << weight);
    REQUIRE(int(rules::absmean_reciprocal::code(weight, of_mean)) == probe.code);
    unlike_division +=
        rules::absmean::code(weight, rules::absmean::calibrate(&mean, 1)) != probe.code;
  }
  CHECK(unlike_division > 0);  // the probes tell the two rules apart
}

TEST_CASE("absmedian takes the lower median of the magnitudes") {
  for (const std::size_t n : {1u, 2u, 3u, 4u, 10u, 11u, 1000u, 1001u}) {
    const auto w = gaussian(n, 1.0f, n);
    std::vector<float> sorted(n);
    std::transform(w.begin(), w.end(), sorted.begin(), [](float x) { return std::fabs(x); });
    std::sort(sorted.begin(), sorted.end());
    INFO("n = " << n);
    CHECK(rules::absmedian::calibrate(w.data(), n).scale == sorted[(n - 1) / 2]);
  }
  const float w[4] = {4.0f, -1.0f, 2.0f, -3.0f};  // magnitudes 1 2 3 4
  CHECK(rules::absmedian::calibrate(w, 4).scale == 2.0f);
  CHECK(rules::absmedian::calibrate(w, 4).threshold == 1.0f);
  CHECK(rules::absmedian::code(-1.0f, rules::absmedian::calibrate(w, 4)) == 0);
  const float outlier[3] = {1.0f, 1.0f, 1e6f};
  CHECK(rules::absmedian::calibrate(outlier, 3).scale == 1.0f);
}

TEST_CASE("threshold is relative: a layer of small weights lives") {
  using seven_tenths = rules::threshold<>;
  const double large = zero_share<seven_tenths>(gaussian(100'000, 1.0f));
  const double small = zero_share<seven_tenths>(gaussian(100'000, 0.02f));
  CHECK(large == small);
  CHECK(small == Approx(std::erf(0.7 * std::sqrt(2 / 3.14159265) / std::sqrt(2.0))).margin(0.01));
  const auto w = gaussian(1000, 0.02f);
  using half = rules::threshold<1, 2>;
  const calibration a = half::calibrate(w.data(), 1000),
                    b = rules::absmean::calibrate(w.data(), 1000);
  CHECK(a.scale == b.scale);
  CHECK(a.threshold == b.threshold);
  using none = rules::threshold<0, 1>;
  CHECK(zero_share<none>(w) == 0.0);
}

TEMPLATE_TEST_CASE("least squares finds the best scale", "", rules::absmean, rules::absmedian,
                   rules::threshold<>) {
  using rule = rules::least_squares<TestType>;
  const auto w = gaussian(5000, 0.3f, 9);
  const calibration c = rule::calibrate(w.data(), w.size());
  double wt = 0, tt = 0;
  for (const float x : w) {
    wt += double(x) * rule::code(x, c);
    tt += double(rule::code(x, c)) * rule::code(x, c);
    REQUIRE(rule::code(x, c) == TestType::code(x, TestType::calibrate(w.data(), w.size())));
  }
  CHECK(c.scale == static_cast<float>(wt / tt));
  const double best = squared_error<rule>(w, double(c.scale));
  for (const int away : {-1000, -10, 10, 1000})
    CHECK(squared_error<rule>(w, double(moved(c.scale, away))) > best);
  CHECK(squared_error<TestType>(w, double(TestType::calibrate(w.data(), w.size()).scale)) > best);
}

TEMPLATE_TEST_CASE("zeros stay zeros and NaN is code 0", "", rules::absmean,
                   rules::absmean_reciprocal, rules::absmedian, rules::threshold<>,
                   rules::least_squares<>) {
  const std::vector<float> zeros(100, 0.0f);
  const calibration c = TestType::calibrate(zeros.data(), 100);
  CHECK(c.scale == 1e-5f);
  CHECK(TestType::code(0.0f, c) == 0);
  CHECK(TestType::code(-0.0f, c) == 0);
  CHECK(TestType::code(not_a_number, c) == 0);
  CHECK(TestType::code(1.0f, c) == 1);
  CHECK(TestType::code(-1.0f, c) == -1);
  CHECK(TestType::code(-std::numeric_limits<float>::infinity(), c) == -1);
  const calibration empty = TestType::calibrate(nullptr, 0);
  CHECK(empty.scale == 1e-5f);
}

TEST_CASE("a NaN among the weights shows in an averaged scale") {
  std::vector<float> w(10, 1.0f);
  w[3] = not_a_number;
  CHECK(std::isnan(rules::absmean::calibrate(w.data(), 10).scale));
  CHECK(std::isnan(rules::absmean_reciprocal::calibrate(w.data(), 10).scale));
  CHECK(std::isnan(rules::threshold<>::calibrate(w.data(), 10).scale));
  CHECK(rules::absmedian::calibrate(w.data(), 10).scale == 1.0f);
}

TEST_CASE("31% of Gaussian weights become zero under absmean") {
  // erf(sqrt(2 / pi) / 2 / sqrt(2)) = 0.3101; 4 deviations of a share of 400000 are 0.003, and the
  // sum of twelve uniform numbers is not quite Gaussian
  CHECK(zero_share<rules::absmean>(gaussian(400'000, 0.02f, 3)) == Approx(0.3101).margin(0.005));
}
