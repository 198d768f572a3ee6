// Factors of outputs as part of models: codes that stay, and models that they do not fit.
#include <algorithm>

#include "adapt_svf_fixture.hpp"

namespace {

using namespace test;
using tl::channel_factors;
using tl::errc;
using per_row = tl::weights::ternary<tl::rules::absmean, tl::scale::per_row>;
using per_group = tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<16>>;

}  // namespace

TEST_CASE("channels change the scales of packed weights, and no code", "[adapt]") {
  using rows_model = bitnet<scheme<per_row>>;
  auto model = random_model<rows_model>();
  const auto packed = tl::pack(model);
  tl::channel_expert e;
  tl::for_each_hidden_matrix(packed, [&](const std::string& name, const auto& m, auto) {
    e.parts.push_back({name, random_z(name.ends_with("up") ? 1 : m.rows, e.parts.size(), 0.8f)});
  });
  auto scaled = packed;
  REQUIRE(tl::apply_expert(e, scaled));
  REQUIRE(tl::apply_expert(e, model));
  const auto again = tl::pack(model);  // the same by way of the latent weights
  std::size_t seen = 0;
  const auto compare = [&](const auto& before, const auto& p, const auto& q,
                           const std::string& name) {
    const auto& z = e.find(name)->z;
    CHECK(std::equal(p.codes.begin(), p.codes.end(), before.codes.begin()));
    CHECK(std::equal(p.codes.begin(), p.codes.end(), q.codes.begin()));
    REQUIRE(p.scales.size() == p.rows);
    for (std::size_t o = 0; o < p.rows; ++o) {
      CHECK(p.scales[o] == before.scales[o] * z[z.size() == 1 ? 0 : o]);
      CHECK(q.scales[o] == Approx(p.scales[o]).epsilon(1e-6));
    }
    ++seen;
  };
  for (std::size_t b = 0; b < 2; ++b) {
    const auto &before = packed.parameters.blocks[b], &p = scaled.parameters.blocks[b],
               &q = again.parameters.blocks[b];
    const std::string at = "blocks." + std::to_string(b);
    compare(before.attention.key, p.attention.key, q.attention.key, at + ".attention.key");
    compare(before.ffn.up, p.ffn.up, q.ffn.up, at + ".ffn.up");
    compare(before.ffn.down, p.ffn.down, q.ffn.down, at + ".ffn.down");
  }
  CHECK(seen == 6);
}

TEST_CASE("rows that share a scale get their own without loss", "[adapt]") {
  const matrix w = random_matrix(30, 50, 1);
  const auto one = tl::pack_matrix<tl::weights::ternary<>>(w.elements.data(), 30, 50);
  // [channels]
  auto rows = tl::with_row_scales(one);
  const std::vector<float> z = random_z(30, 2);
  tl::scale_channels(rows, z);
  // [channels]
  std::vector<float> x(50), y(50);
  for (std::size_t o = 0; o < 30; ++o) {
    tl::decode_row(one, o, x.data());
    tl::decode_row(rows, o, y.data());
    for (std::size_t i = 0; i < 50; ++i) CHECK(y[i] == Approx(z[o] * x[i]));
  }
  auto groups = tl::pack_matrix<per_group>(w.elements.data(), 30, 50);  // 3 or 4 a row
  const auto before = groups;
  tl::scale_channels(groups, z);
  REQUIRE(groups.scales.size() == 30 * 4);
  for (std::size_t i = 0; i < groups.scales.size(); ++i)
    CHECK(groups.scales[i] == before.scales[i] * z[i / 4]);
}

TEST_CASE("channels that do not fit are refused, and change nothing", "[adapt]") {
  auto packed = tl::pack(random_model<ternary>());
  const float before = packed.parameters.blocks[0].ffn.down.scales[0];
  const auto refused = [&](const tl::channel_expert& e, std::string_view words) {
    check_fails(tl::apply_expert(e, packed).error(), errc::mismatch, words);
    CHECK(packed.parameters.blocks[0].ffn.down.scales[0] == before);
  };
  const tl::expert_part good{"blocks.0.ffn.down", {2.0f}};
  refused({{good, {"blocks.0.ffn.up", random_z(112, 1)}}},
          "tensor blocks.0.ffn.up: expected a scale for each of 112 rows, as of scale::per_row, "
          "found one for all.");
  refused({{good, {"blocks.0.ffn.up", random_z(48, 1)}}}, "expected 112 factors, or one, found 48");
  refused({{good, {"blocks.5.ffn.up", {2.0f}}}}, "changes 2 matrices, the model has 1 of them");
  REQUIRE(tl::apply_expert(tl::channel_expert{{good}}, packed));
  CHECK(packed.parameters.blocks[0].ffn.down.scales[0] == 2 * before);
  auto halves = tl::pack(random_model<bitnet<scheme<tl::weights::f16>>>());
  check_fails(tl::apply_expert(tl::channel_expert{{good}}, halves).error(), errc::mismatch,
              "expected codes or f32, found f16");
  auto model = random_model<ternary>();
  tl::training_pass pass(model, small_pass);
  check_fails(tl::make_channel_learner(pass, channel_factors::of_rows,
                                       [](std::string_view) { return false; })
                  .error(),
              errc::invalid_argument, "no matrix is wanted");
}
