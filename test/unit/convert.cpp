// Whole models between their realisations.
#include <trilith/weights/binary.hpp>

#include <cmath>
#include <string>

#include "catch.hpp"
#include "model_fixture.hpp"

namespace tl = trilith;

namespace {

using ternary = test::blueprint<tl::weights::ternary<>>;
using grouped =
    test::blueprint<tl::weights::ternary<tl::rules::absmedian, tl::scale::per_group<32>>>;
using binary = test::blueprint<tl::weights::binary<>>;
using octets = test::blueprint<tl::weights::int8<>>;

}  // namespace

TEMPLATE_TEST_CASE("a packed model survives ten times dequantize and requantize", "", ternary,
                   grouped, binary, octets) {
  const auto first = tl::pack(test::random_dense<TestType>(3));
  const std::string expected = test::bits_of(first);
  auto now = first;
  for (int cycle = 0; cycle < 10; ++cycle) now = tl::requantize(tl::dequantize(now));
  CHECK(test::bits_of(now) == expected);
}

TEST_CASE("dequantize is exact, tensor by tensor") {
  const auto packed = tl::pack(test::random_dense<ternary>());
  const auto dense = tl::dequantize(packed);
  CHECK(dense.sizes == packed.sizes);
  CHECK(dense.settings == packed.settings);
  const auto& from = packed.parameters.blocks[2].ffn.down;
  const auto& to = dense.parameters.blocks[2].ffn.down;
  std::vector<std::int8_t> codes(from.cols);
  for (std::size_t r = 0; r < from.rows; ++r) {
    tl::unpack_codes(from, r, codes.data());
    for (std::size_t i = 0; i < from.cols; ++i)
      REQUIRE(to.row(r)[i] == from.scale(r, 0) * float(codes[i]));
  }
  CHECK(dense.parameters.final_norm.values[7] == packed.parameters.final_norm.values[7]);
  CHECK(dense.parameters.embedding.row(3)[5] ==
        tl::to_float(packed.parameters.embedding.row(3)[5]));
}

TEST_CASE("latent and dense weights pack alike") {
  const auto dense = test::random_dense<ternary>(5);
  tl::latent<ternary> latent(test::small_shape);
  tl::fill_random(latent, 5);
  CHECK(test::bits_of(tl::pack(latent)) == test::bits_of(tl::pack(dense)));
  CHECK(test::bits_of(tl::pack(test::random_dense<ternary>(6))) != test::bits_of(tl::pack(dense)));
}

TEST_CASE("changing a model's packing there and back loses nothing") {
  const auto model = tl::pack(test::random_dense<ternary>());
  const auto base3 = tl::change_packing<tl::packing::base3>(model);
  CHECK(test::bits_of(base3) ==
        test::bits_of(tl::pack<tl::packing::base3>(test::random_dense<ternary>())));
  CHECK(test::bits_of(tl::dequantize(base3)) == test::bits_of(tl::dequantize(model)));
  CHECK(test::bits_of(tl::change_packing<tl::packing::bits2>(base3)) == test::bits_of(model));
  CHECK(base3.parameters.blocks[0].ffn.down.row_bytes() == 35);
  CHECK(test::bits_of(base3) != test::bits_of(model));
}

TEST_CASE("requantize after an edit keeps the scale of the weights that stay") {
  auto dense = tl::dequantize(tl::pack(test::random_dense<ternary>()));
  auto& w = dense.parameters.blocks[0].attention.query;
  const float s = tl::absmax(w.elements.data(), w.elements.size());
  for (std::size_t i = 0; i < w.cols; ++i) w.row(0)[i] = 0.0f;  // a row cut out
  const auto packed = tl::requantize(dense);
  CHECK(packed.parameters.blocks[0].attention.query.scale(0, 0) == s);
  w.row(1)[0] = 0.9f * s;  // no longer a code times the scale: the best fit, close by
  const auto fitted = tl::requantize(dense).parameters.blocks[0].attention.query;
  CHECK(fitted.scale(0, 0) == Approx(s).epsilon(1e-3));
  CHECK(fitted.scale(0, 0) != s);
  CHECK(int(tl::packing::code_at<tl::packing::bits2>(fitted.row(1), w.cols, 0)) == 1);
}

TEST_CASE("with_backend keeps the parameters") {
  auto model = tl::pack(test::random_dense<ternary>());
  const std::string before = test::bits_of(model);
  auto moved = tl::with_backend<tl::backends::automatic>(std::move(model));
  using now = decltype(moved)::blueprint::block;
  static_assert(!std::is_same_v<now, ternary::block>);
  CHECK(test::bits_of(std::move(moved)) == before);
}

TEST_CASE("random weights are the same everywhere, and as wide as asked") {
  const auto a = test::random_dense<ternary>(8), b = test::random_dense<ternary>(8);
  CHECK(test::bits_of(a) == test::bits_of(b));
  const auto& w = a.parameters.blocks[0].ffn.gate.elements;
  double squares = 0;
  for (const float x : w) squares += double(x) * double(x);
  CHECK(std::sqrt(squares / double(w.size())) == Approx(0.02).epsilon(0.03));
  CHECK(a.parameters.final_norm.values[0] == 1.0f);
  // no two tensors alike
  CHECK(std::memcmp(w.data(), a.parameters.blocks[0].ffn.up.elements.data(), 400) != 0);
}
