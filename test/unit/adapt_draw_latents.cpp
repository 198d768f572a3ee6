// Latent weights drawn from codes: packing them gives the codes again.
#include <trilith/adapt/draw_latents.hpp>
#include <trilith/trilith.hpp>

#include <cmath>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;

template <class W>
using decoder_of = bitnet<scheme<W>, int8_head>;
template <class W>
auto random_packed() {
  return tl::pack(random_model<decoder_of<W>>());
}

/// f(name, x, y) for each tensor of two models.
template <class F>
struct visit_pairs {
  F f;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class T>
  void operator()(const Field& field, T& x, T& y) {
    f(field.name, x, y);
  }
};
template <class F>
visit_pairs(F) -> visit_pairs<F>;

}  // namespace

TEMPLATE_TEST_CASE("latents that were drawn from codes are packed to the same codes", "[adapt]",
                   tl::weights::ternary<>,
                   (tl::weights::ternary<tl::rules::absmean, tl::scale::per_row>),
                   (tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<32>>),
                   tl::weights::binary<>, tl::weights::binary<tl::scale::per_row>) {
  auto model = random_packed<TestType>();
  const auto latents = tl::draw_latents(model, 7);
  auto again = tl::pack(latents);
  std::size_t matrices = 0;
  visit_pairs visit{[&]<class T>(std::string_view name, const T& x, const T& y) {
    INFO(name);
    if constexpr (requires { x.codes; }) {
      CHECK(std::equal(x.codes.begin(), x.codes.end(), y.codes.begin(), y.codes.end()));
      REQUIRE(x.scales.size() == y.scales.size());
      for (std::size_t i = 0; i < x.scales.size(); ++i)
        CHECK(std::fabs(x.scales[i] - y.scales[i]) <= 1e-6f * x.scales[i]);
      ++matrices;
    } else {
      CHECK(std::equal(x.values.begin(), x.values.end(), y.values.begin()));
    }
  }};
  tl::fields::walk<decoder_of<TestType>>(visit, model.parameters, again.parameters);
  CHECK(matrices == 2 * 7 + 1);
}

TEST_CASE("drawn latents lie near the thresholds, decoded codes half a scale away", "[adapt]") {
  const auto model = random_packed<tl::weights::ternary<>>();
  const auto& packed = model.parameters.blocks[0].attention.query;
  const auto latents = tl::draw_latents(model, 7);
  const auto& drawn = latents.parameters.blocks[0].attention.query;
  const float s = packed.scale(0, 0);
  std::size_t near = 0;
  for (const float w : drawn.elements) near += std::fabs(std::fabs(w) - s / 2) < s / 10;
  CHECK(near > drawn.elements.size() / 20);
  CHECK(near < drawn.elements.size() / 3);
}

TEST_CASE("another seed draws other latents, the same seed the same", "[adapt]") {
  const auto model = random_packed<tl::weights::ternary<>>();
  const auto query = [&](std::uint64_t seed) {
    const auto drawn = tl::draw_latents(model, seed);
    const auto& x = drawn.parameters.blocks[1].attention.query.elements;
    return std::vector<float>(x.begin(), x.end());
  };
  CHECK(query(1) == query(1));
  CHECK(query(1) != query(2));
}
