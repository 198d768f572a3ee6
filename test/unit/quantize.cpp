// Packed matrices become floats and packed matrices again, bit for bit.
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/quantize.hpp>
#include <trilith/weights/ternary.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace weights = trilith::weights;
namespace rules = trilith::rules;
namespace scale = trilith::scale;

namespace {

template <class Rule, class Scale = scale::per_tensor, class Rounding = tl::rounding::nearest_even>
using ternary = weights::ternary<Rule, Scale, Rounding>;

/// A scheme of a user's own with no more than the concept asks for: codes -2 ... 2.
struct quinary {
  using policy_kind = tl::weights_kind;
  using granularity = scale::per_row;
  using packing = tl::packing::bits4;
  static constexpr std::string_view name = "quinary";
  static constexpr int min_code = -2, max_code = 2, code_step = 1;
  static constexpr weights::calibration calibrate(const float* w, std::size_t n) noexcept {
    return {.scale = tl::max_of(weights::mean_absolute(w, n), weights::smallest_scale)};
  }
  static constexpr std::int8_t encode(float w, const weights::calibration& c,
                                      std::uint64_t) noexcept {
    return static_cast<std::int8_t>(tl::clamp_to(tl::round_even(w / c.scale), -2.0f, 2.0f));
  }
};

/// Weights of very different kinds: Gaussian, mostly small with outliers, nearly all of one size.
std::vector<float> sample(std::size_t n, std::uint64_t seed) {
  std::vector<float> w(n);
  const float size = std::ldexp(1.0f, int(seed % 12) - 8);
  for (std::size_t i = 0; i < n; ++i) {
    const float u = 2 * tl::uniform(seed, 0, i) - 1;
    const float shaped = seed % 3 == 0   ? u
                         : seed % 3 == 1 ? u * u * u * u * u
                                         : std::copysign(1.0f, u) + 0.3f * u;
    w[i] = shaped * size;
  }
  return w;
}

template <class M>
std::vector<float> floats_of(const M& m) {
  const auto all = tl::decoded(m);
  return {all.elements.begin(), all.elements.end()};
}

template <class M>
bool same_bits(const M& a, const M& b) {
  return a.codes.size() == b.codes.size() && a.scales.size() == b.scales.size() &&
         std::memcmp(a.codes.data(), b.codes.data(), a.codes.size()) == 0 &&
         std::memcmp(a.scales.data(), b.scales.data(), a.scales.size() * sizeof(float)) == 0;
}

}  // namespace

TEMPLATE_TEST_CASE("requantising dequantised weights changes nothing, ten times over", "",
                   ternary<rules::absmean>, ternary<rules::absmean_reciprocal>,
                   ternary<rules::absmedian>, ternary<rules::threshold<>>,
                   (ternary<rules::threshold<1, 20>>), ternary<rules::least_squares<>>,
                   ternary<rules::least_squares<rules::absmedian>>,
                   (ternary<rules::absmean, scale::per_row>),
                   (ternary<rules::absmean, scale::per_group<16>>),
                   (ternary<rules::absmedian, scale::per_group<16>>),
                   (ternary<rules::absmean, scale::per_row, tl::rounding::stochastic<1>>),
                   weights::binary<>, weights::binary<scale::per_group<16>>, weights::int8<>,
                   weights::int8<scale::per_tensor>, weights::int8<scale::per_group<16>>, quinary) {
  using W = TestType;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const std::size_t rows = 1 + seed % 5, cols = 33 + seed;
    const auto w = sample(rows * cols, seed);
    const auto first = tl::pack_matrix<W>(w.data(), rows, cols);
    auto now = first;
    for (int cycle = 0; cycle < 10; ++cycle) {
      const auto floats = floats_of(now);
      now = tl::repack_matrix<W>(floats.data(), rows, cols);
      INFO(W::name << ", sample " << seed << ", cycle " << cycle);
      REQUIRE(same_bits(first, now));
    }
  }
}

TEST_CASE("packing again by absmean instead would shrink the scale every time") {
  const auto w = sample(1000, 0);
  const auto once = tl::pack_matrix<weights::ternary<>>(w.data(), 10, 100);
  const auto twice = tl::pack_matrix<weights::ternary<>>(floats_of(once).data(), 10, 100);
  CHECK(twice.scale(0, 0) < 0.9f * once.scale(0, 0));
}

TEST_CASE("dequantised weights are the scale times the code, exactly") {
  const auto w = sample(3 * 172, 4);
  using grouped = ternary<rules::absmean, scale::per_group<50>>;
  const auto m = tl::pack_matrix<grouped, tl::packing::base3>(w.data(), 3, 172);
  const auto floats = floats_of(m);
  std::vector<std::int8_t> codes(172);
  std::size_t kept = 0;
  for (std::size_t r = 0; r < 3; ++r) {
    tl::unpack_codes(m, r, codes.data());
    for (std::size_t i = 0; i < 172; ++i) {
      REQUIRE(floats[r * 172 + i] ==
              (codes[i] == 0 ? 0.0f : std::copysign(m.scale(r, i / 50), float(codes[i]))));
      kept += codes[i] != 0;
    }
  }
  CHECK(kept > 200);
  const auto bytes = tl::pack_matrix<weights::int8<>>(w.data(), 3, 172);
  const auto from_bytes = floats_of(bytes);
  for (std::size_t r = 0; r < 3; ++r) {
    tl::unpack_codes(bytes, r, codes.data());
    for (std::size_t i = 0; i < 172; ++i)
      REQUIRE(from_bytes[r * 172 + i] == bytes.scale(r, 0) * float(codes[i]));
  }
}

TEMPLATE_TEST_CASE("changing the packing there and back loses nothing", "", scale::per_tensor,
                   scale::per_row, scale::per_group<130>) {
  const auto w = sample(4 * 700, 5);
  const auto m = tl::pack_matrix<ternary<rules::absmean, TestType>>(w.data(), 4, 700);
  const auto base3 = tl::change_packing<tl::packing::base3>(m);
  CHECK(floats_of(base3) == floats_of(m));
  CHECK(base3.codes.size() != m.codes.size());
  CHECK(same_bits(tl::change_packing<tl::packing::bits2>(base3), m));
  CHECK(same_bits(base3, tl::pack_matrix<ternary<rules::absmean, TestType>, tl::packing::base3>(
                             w.data(), 4, 700)));
  const auto wide = tl::change_packing<tl::packing::bits8>(m);
  CHECK(same_bits(tl::change_packing<tl::packing::bits2>(wide), m));
}

TEST_CASE("rows of plain matrices decode to their own values") {
  tl::plain_matrix<weights::f16> m(2, 3);
  for (std::size_t i = 0; i < 6; ++i) m.elements[i] = weights::f16::store(float(i) / 4);
  CHECK(floats_of(m) == std::vector<float>{0, 0.25f, 0.5f, 0.75f, 1, 1.25f});
  CHECK(m.bytes() == 12);
}

TEST_CASE("bits a weight") {
  const auto w = sample(64 * 1280, 6);
  const auto bits = [&]<class W, class P>() {
    const auto m = tl::pack_matrix<W, P>(w.data(), 64, 1280);
    return 8.0 * double(m.codes.size()) / (64 * 1280);
  };
  CHECK(bits.operator()<weights::ternary<>, tl::packing::bits2>() == 2.0);
  CHECK(bits.operator()<weights::ternary<>, tl::packing::base3>() == 1.6);
  CHECK(bits.operator()<weights::binary<>, tl::packing::bits1>() == 1.0);
  CHECK(bits.operator()<weights::int8<>, tl::packing::bits8>() == 8.0);
}
