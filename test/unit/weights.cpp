// Binary and int8 weights, plain weights, and how many weights share a scale.
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/quantize.hpp>
#include <trilith/weights/ternary.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace weights = trilith::weights;
namespace scale = trilith::scale;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_weights(std::size_t n, std::uint64_t seed) {
  std::vector<float> w(n);
  for (std::size_t i = 0; i < n; ++i) w[i] = 2 * tl::uniform(seed, 0, i) - 1;
  return w;
}

/// mean |w| over [first, last)
float mean_absolute(const std::vector<float>& w, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t i = first; i < last; ++i) sum += std::fabs(double(w[i]));
  return static_cast<float>(sum / double(last - first));
}

}  // namespace

TEST_CASE("binary: the sign of w - mean W, and mean |W|") {
  using w1 = weights::binary<>;
  const float w[4] = {0.5f, -0.25f, 1.0f, 0.75f};  // mean 0.5
  const weights::calibration c = w1::calibrate(w, 4);
  CHECK(c.centre == 0.5f);
  CHECK(c.scale == 0.625f);
  CHECK(tl::quantize<w1>({0.5f, -0.25f, 1.0f, 0.75f}) == tl::trits{-1, -1, 1, 1});
  // sign(0) is -1, so a constant matrix is all -1, and so is one of zeros
  CHECK(tl::quantize<w1>({3.0f, 3.0f, 3.0f}) == tl::trits{-1, -1, -1});
  CHECK(tl::quantize<w1>({-3.0f, -3.0f}) == tl::trits{-1, -1});
  CHECK(tl::quantize<w1>({0.0f, -0.0f}) == tl::trits{-1, -1});
  CHECK(tl::scale_of<w1>({0.0f, 0.0f}) == 1e-5f);
  CHECK(int(w1::encode(not_a_number, c, 0)) == -1);
}

TEST_CASE("binary: weights that are codes keep their signs") {
  using w1 = weights::binary<>;
  const float all_positive[3] = {0.5f, 0.5f, 0.5f};
  const weights::calibration c = w1::recalibrate(all_positive, 3);
  for (const float w : all_positive) CHECK(int(w1::encode(w, c, 0)) == 1);
  CHECK(c.scale == 0.5f);
}

TEST_CASE("int8: max |W| is 127") {
  using w8 = weights::int8<>;
  CHECK(tl::quantize<w8>({12.7f, -12.7f, 0.05f, 0.0f, -6.4f}) == tl::trits{127, -127, 0, 0, -64});
  CHECK(tl::scale_of<w8>({12.7f, -1.0f}) == 12.7f / 127);
  CHECK(tl::quantize<w8>({0.0f, 0.0f}) == tl::trits{0, 0});
  CHECK(tl::scale_of<w8>({0.0f}) > 0.0f);
  const weights::calibration nan = w8::calibrate(&not_a_number, 1);
  CHECK(std::isnan(nan.scale));
  CHECK(int(w8::encode(1.0f, nan, 0)) == 0);
  CHECK(int(w8::encode(not_a_number, {.scale = 1.0f}, 0)) == 0);
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const auto w = random_weights(7, seed);
    const weights::calibration c = w8::calibrate(w.data(), 7);
    int top = 0;
    for (const float x : w) {
      const int code = w8::encode(x, c, 0);
      top = std::max(top, std::abs(code));
      // half a step, and a little for the rounding of the scale and of the quotient
      CHECK(std::fabs(double(x) - code * double(c.scale)) <= 0.50001 * double(c.scale));
    }
    CHECK(top == 127);
  }
}

TEST_CASE("plain weights store and load") {
  CHECK(weights::f32::load(weights::f32::store(0.1f)) == 0.1f);
  CHECK(weights::f16::load(weights::f16::store(0.1f)) == 0.0999755859375f);
  CHECK(weights::bf16::load(weights::bf16::store(0.1f)) == 0.10009765625f);
  CHECK(std::isinf(weights::f16::load(weights::f16::store(70000.0f))));
  CHECK(weights::bf16::load(weights::bf16::store(70000.0f)) == 70144.0f);
}

TEST_CASE("a tensor has one scale") {
  const auto w = random_weights(5 * 172, 1);
  const auto m = tl::pack_matrix<weights::ternary<>>(w.data(), 5, 172);
  CHECK(m.scales.size() == 1);
  for (std::size_t r = 0; r < 5; ++r) CHECK(m.scale(r, 0) == mean_absolute(w, 0, 5 * 172));
}

TEST_CASE("every row has a scale") {
  const auto w = random_weights(5 * 172, 2);
  using per_row = weights::ternary<tl::rules::absmean, scale::per_row>;
  const auto m = tl::pack_matrix<per_row>(w.data(), 5, 172);
  CHECK(m.scales.size() == 5);
  for (std::size_t r = 0; r < 5; ++r)
    CHECK(m.scale(r, 0) == mean_absolute(w, r * 172, (r + 1) * 172));
}

TEST_CASE("every group has a scale, and the last of a row may be shorter") {
  const auto w = random_weights(3 * 172, 3);
  using grouped = weights::ternary<tl::rules::absmean, scale::per_group<64>>;
  const auto m = tl::pack_matrix<grouped, tl::packing::base3>(w.data(), 3, 172);
  CHECK(m.groups_per_row() == 3);
  CHECK(m.scales.size() == 9);
  CHECK(m.row_bytes() == 13 + 13 + 9);  // 64, 64 and 44 trits, five to a byte
  std::vector<std::int8_t> codes(172);
  for (std::size_t r = 0; r < 3; ++r) {
    tl::unpack_codes(m, r, codes.data());
    for (std::size_t g = 0; g < 3; ++g) {
      const std::size_t first = r * 172 + g * 64,
                        last = r * 172 + std::min<std::size_t>(172, g * 64 + 64);
      const float s = mean_absolute(w, first, last);
      CHECK(m.scale(r, g) == s);
      for (std::size_t i = first; i < last; ++i)
        CHECK(int(codes[i - r * 172]) == (w[i] > s / 2) - (w[i] < -s / 2));
    }
  }
}

TEST_CASE("a group wider than a row is the row") {
  const auto w = random_weights(2 * 40, 4);
  using wide = weights::ternary<tl::rules::absmean, scale::per_group<128>>;
  const auto m = tl::pack_matrix<wide>(w.data(), 2, 40);
  CHECK(m.group() == 40);
  CHECK(m.scales.size() == 2);
  CHECK(m.row_bytes() == 10);
  CHECK(m.scale(1, 0) == mean_absolute(w, 40, 80));
}

TEST_CASE("stochastic codes of a matrix depend on the place of a weight alone") {
  using drawn = weights::ternary<tl::rules::absmean, scale::per_row, tl::rounding::stochastic<5>>;
  const auto w = random_weights(4 * 100, 6);
  const auto m = tl::pack_matrix<drawn>(w.data(), 4, 100);
  std::vector<std::int8_t> codes(100);
  for (std::size_t r = 4; r-- > 0;) {  // rows taken one by one, in another order
    const auto c = drawn::calibrate(w.data() + r * 100, 100);
    tl::unpack_codes(m, r, codes.data());
    for (std::size_t i = 0; i < 100; ++i)
      REQUIRE(codes[i] == drawn::encode(w[r * 100 + i], c, r * 100 + i));
  }
}

TEST_CASE("a matrix without rows or columns") {
  CHECK(tl::pack_matrix<weights::ternary<>>(nullptr, 0, 0).codes.size() == 0);
  CHECK(tl::pack_matrix<weights::ternary<>>(nullptr, 3, 0).row_bytes() == 0);
}
