#include <trilith/core/thread_pool.hpp>
#include <trilith/layers/norm.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "random_values.hpp"

namespace tl = trilith;
using test::random_values;

namespace {

/// x / sqrt(mean((x - centre)^2) + eps), in double
std::vector<double> normed(const std::vector<float>& x, double centre, double eps) {
  double squares = 0;
  for (const float v : x) squares += (double(v) - centre) * (double(v) - centre);
  std::vector<double> y;
  for (const float v : x)
    y.push_back((double(v) - centre) / std::sqrt(squares / double(x.size()) + eps));
  return y;
}

}  // namespace

TEST_CASE("rms_norm against its formula in double") {
  for (const std::size_t n : {1u, 2u, 15u, 16u, 17u, 64u, 172u, 2560u})
    for (const float size : {1e-3f, 1.0f, 300.0f})
      for (const float eps : {1e-5f, 1e-6f}) {
        const auto x = random_values(n, n, size), gains = random_values(n, n + 1);
        const auto expected = normed(x, 0.0, double(eps));
        std::vector<float> y(n), plain(n);
        tl::rms_norm<>::apply(x.data(), gains.data(), y.data(), n, eps);
        tl::rms_norm<tl::gain::none>::apply(x.data(), nullptr, plain.data(), n, eps);
        INFO("n = " << n << ", size = " << size << ", eps = " << eps);
        for (std::size_t i = 0; i < n; ++i) {
          REQUIRE(double(plain[i]) == Approx(expected[i]).epsilon(1e-6));
          REQUIRE(y[i] == plain[i] * gains[i]);  // the gain comes last
        }
      }
}

TEST_CASE("layer_norm against its formula in double") {
  for (const std::size_t n : {2u, 17u, 172u, 2560u}) {
    auto x = random_values(n, n);
    for (float& v : x) v += 3.0f;
    double mean = 0;
    for (const float v : x) mean += double(v) / double(n);
    const auto expected = normed(x, mean, 1e-5);
    std::vector<float> y(n);
    tl::layer_norm::apply(x.data(), nullptr, y.data(), n, 1e-5f);
    INFO("n = " << n);
    for (std::size_t i = 0; i < n; ++i) REQUIRE(double(y[i]) == Approx(expected[i]).margin(1e-5));
  }
}

TEST_CASE("norms of zeros, and eps") {
  const std::vector<float> zeros(20, 0.0f), ones(20, 1.0f);
  std::vector<float> y(20, 9.0f);
  tl::rms_norm<>::apply(zeros.data(), ones.data(), y.data(), 20, 1e-5f);
  CHECK(y == zeros);
  y.assign(20, 9.0f);
  tl::layer_norm::apply(ones.data(), nullptr, y.data(), 20, 1e-5f);
  CHECK(y == zeros);
  const float small[1] = {1e-3f};  // x^2 = 1e-6 and eps = 3e-6: half of 1
  tl::rms_norm<tl::gain::none>::apply(small, nullptr, y.data(), 1, 3e-6f);
  CHECK(y[0] == Approx(0.5f));
}

TEST_CASE("a NaN shows in the whole row") {
  auto x = random_values(40, 1);
  x[17] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> y(40);
  tl::rms_norm<tl::gain::none>::apply(x.data(), nullptr, y.data(), 40, 1e-5f);
  CHECK(std::isnan(y[0]));
  CHECK(std::isnan(y[39]));
}

TEMPLATE_TEST_CASE("a norm may write where it reads", "", tl::rms_norm<>, tl::layer_norm,
                   tl::no_norm) {
  auto x = random_values(100, 4);
  const auto gains = random_values(100, 5);
  std::vector<float> y(100);
  TestType::apply(x.data(), gains.data(), y.data(), 100, 1e-5f);
  TestType::apply(x.data(), gains.data(), x.data(), 100, 1e-5f);
  CHECK(x == y);
}

TEST_CASE("no_norm copies") {
  const auto x = random_values(10, 4);
  std::vector<float> y(10);
  tl::no_norm::apply(x.data(), nullptr, y.data(), 10, 1e-5f);
  CHECK(y == x);
}

TEST_CASE("normalize treats every row alone, at any stride and thread count") {
  constexpr std::size_t rows = 37, cols = 20, stride = 25;
  const auto x = random_values(rows * stride, 8), gains = random_values(cols, 9);
  const tl::span2d<const float> in(x.data(), rows, cols, stride);
  for (const std::size_t threads : {1u, 2u}) {
    const tl::thread_pool pool(threads);
    std::vector<float> y(rows * cols, 7.0f);
    tl::normalize<tl::rms_norm<>>(in, gains.data(), {y.data(), rows, cols}, 1e-5f, pool.get());
    for (std::size_t t = 0; t < rows; ++t) {
      std::vector<float> row(cols);
      tl::rms_norm<>::apply(&x[t * stride], gains.data(), row.data(), cols, 1e-5f);
      REQUIRE(std::vector<float>(&y[t * cols], &y[t * cols] + cols) == row);
    }
  }
}
