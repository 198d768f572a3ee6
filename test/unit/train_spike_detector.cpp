#include <limits>

#include "train_fixture.hpp"

namespace {

using namespace test;

TEST_CASE("the spike detector says NaN until its ring is full") {
  tl::spike_detector d;
  for (int i = 0; i < 127; ++i) CHECK(std::isnan(d.see(float(i))));
  CHECK_FALSE(std::isnan(d.see(127)));
}

TEST_CASE("equal values have a z of 0, exactly") {
  tl::spike_detector d;
  for (int i = 0; i < 127; ++i) (void)d.see(0.1f);
  for (int i = 0; i < 200; ++i) CHECK(d.see(0.1f) == 0);
}

TEST_CASE("z is the distance from the mean of the last 128 in their deviations") {
  tl::spike_detector d;
  const floats x = random_values(500, 9);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double z = d.see(x[i]);
    if (i < 127) continue;
    double mean = 0, squares = 0;
    for (std::size_t k = i - 127; k <= i; ++k) mean += double(x[k]) / 128;
    for (std::size_t k = i - 127; k <= i; ++k) squares += std::pow(double(x[k]) - mean, 2) / 128;
    CHECK(z == Approx((double(x[i]) - mean) / std::sqrt(squares)).margin(1e-9));
  }
  CHECK(d.see(1e6f) == Approx(std::sqrt(127.0)).epsilon(1e-3));
}

TEST_CASE("a NaN is forgotten with the value that was one") {
  tl::spike_detector d;
  for (int i = 0; i < 128; ++i) (void)d.see(float(i % 2));
  CHECK(std::isnan(d.see(std::numeric_limits<float>::quiet_NaN())));
  for (int i = 0; i < 127; ++i) CHECK(std::isnan(d.see(float(i % 2))));
  CHECK(d.see(1) == Approx(1));
}

TEST_CASE("a copied detector goes on as its original") {
  tl::spike_detector d;
  const floats x = random_values(300, 4);
  for (std::size_t i = 0; i < 200; ++i) (void)d.see(x[i]);
  tl::spike_detector copy{.ring = d.ring, .seen = d.seen};
  for (std::size_t i = 200; i < 300; ++i) CHECK(copy.see(x[i]) == d.see(x[i]));
}

}  // namespace
