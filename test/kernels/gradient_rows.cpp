// The row kernels of backward passes give the bits of the plain loops, on every target.

#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/backends/simd/scalar_gradients.hpp>

#include <cmath>
#include <cstring>

#include "catch.hpp"
#include "random_values.hpp"

namespace tl = trilith;

namespace {

using rows = tl::simd::gradient_row_kernels;
using floats = std::vector<float>;

bool same(const floats& a, const floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// Every target's result of `compute`, and the plain loops', for rows of all small lengths and some
/// long ones.
template <class Compute>
void compare(const Compute& compute) {
  for (std::size_t i = 0; const auto* table = tl::simd::kernels_at(i); ++i) {
    const rows& found = trilith::TRILITH_IMPLEMENTED::gradient_kernels_of(table->id).rows;
    INFO(table->target);
    for (std::size_t n = 1; n < 300; n = n < 70 ? n + 1 : n + 37) {
      INFO(n);
      CHECK(same(compute(found, n), compute(tl::simd::scalar::gradient_rows, n)));
    }
  }
}

}  // namespace

TEST_CASE("near_exponential is near e^x", "[gradient_rows]") {
  double worst = 0;
  for (float x = -86.0f; x < 88.0f; x += 0.00371f) {
    const double exact = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(tl::near_exponential(x)) / exact - 1));
  }
  CHECK(worst < 2 * 0x1p-23);
  CHECK(tl::near_exponential(0.0f) == 1.0f);
  CHECK(tl::near_exponential(-1e30f) > 0.0f);
  CHECK(std::isfinite(tl::near_exponential(1e30f)));
}

TEST_CASE("the rows of softmax's backward pass are exact", "[gradient_rows]") {
  compare([](const rows& k, std::size_t n) {
    floats x = test::random_values(n, 1, 20);
    const float top = k.highest(x.data(), n);
    const float sum = k.exponentials(x.data(), top, 0.4f, n);
    floats d = test::random_values(n, 2);
    k.softmax_back(x.data(), d.data(), 1 / sum, 0.1f, 0.4f, n);
    x.insert(x.end(), d.begin(), d.end());
    x.push_back(sum);
    x.push_back(top);
    return x;
  });
}

TEST_CASE("the rows of a norm's backward pass are exact", "[gradient_rows]") {
  for (const bool gained : {false, true})
    compare([&](const rows& k, std::size_t n) {
      const floats x = test::random_values(n, 1), g = test::random_values(n, 2);
      floats dy = test::random_values(n, 3), dgain(n);
      const float* const gains = gained ? g.data() : nullptr;
      const float sum = k.gained_dot(gains, dy.data(), x.data(), n);
      k.rms_back(x.data(), gains, dy.data(), dy.data(), dgain.data(), 1.3f, 0.3f * sum, n);
      dy.insert(dy.end(), dgain.begin(), dgain.end());
      dy.push_back(sum);
      return dy;
    });
}

TEST_CASE("the rows of gates' backward passes are exact", "[gradient_rows]") {
  for (const bool silu : {false, true})
    compare([&](const rows& k, std::size_t n) {
      const floats a = test::random_values(n, 1, 8), u = test::random_values(n, 2);
      floats da = test::random_values(n, 3), du(n);
      (silu ? k.silu_back : k.relu_squared_back)(a.data(), u.data(), da.data(), du.data(), n);
      da.insert(da.end(), du.begin(), du.end());
      return da;
    });
}
