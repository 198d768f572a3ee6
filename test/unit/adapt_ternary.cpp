// Changes of trits by trits: the formula, the lossless merge, and that they learn.
#include <trilith/adapt/ternary_learner.hpp>
#include <trilith/adapt/ternary_sign.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using blueprint = bitnet<scheme<tl::weights::ternary<>>, int8_head>;
using pass_type = tl::training_pass<tl::latent<blueprint>, tl::ste::stochastic_rounding>;

/// Latent weights that are trits times a scale, as of a model that was packed.
tl::latent<blueprint> random_trits() {
  const auto packed = tl::pack(random_model<blueprint>());
  return tl::adopt<tl::latent<blueprint>>(tl::dequantize(packed)).value();
}

tl::ternary_change random_change(std::size_t out, std::size_t in) {
  tl::ternary_change c(out, in, 5, 0.4f, 7);
  for (std::size_t i = 0; i < c.b.elements.size(); ++i)
    c.b.elements[i] = static_cast<float>(tl::philox(8, 0, i)[0] % 3) - 1.0f;
  return c;
}

}  // namespace

TEST_CASE("trits change where the product of the factors is above the threshold", "[adapt]") {
  std::vector<float> w(30 * 40);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = tl::uniform(1, 0, i) - 0.5f;
  auto packed = tl::pack_matrix<tl::weights::ternary<>>(w.data(), 30, 40);
  const auto before = packed;
  const auto c = random_change(30, 40);
  CHECK(c.threshold == 2.0f);
  const auto report = tl::merge_ternary(packed, c);
  std::uint64_t wanted = 0, flipped = 0;
  std::vector<std::int8_t> x(40), y(40);
  for (std::size_t o = 0; o < 30; ++o) {
    tl::unpack_codes(before, o, x.data());
    tl::unpack_codes(packed, o, y.data());
    for (std::size_t i = 0; i < 40; ++i) {
      int sum = 0;
      for (std::size_t k = 0; k < 5; ++k)
        sum += static_cast<int>(c.b.row(o)[k]) * static_cast<int>(c.a.row(k)[i]);
      const int d = sum > 2 ? 1 : sum < -2 ? -1 : 0;
      const int next = std::clamp(x[i] + d, -1, 1);
      CHECK(y[i] == next);
      wanted += d != 0;
      flipped += next != x[i];
    }
  }
  CHECK(wanted > 50);
  CHECK(report.flipped == flipped);
  CHECK(report.wanted == static_cast<double>(wanted));
  CHECK(flipped < wanted);  // some were at the end of their range
  CHECK(packed.scales[0] == before.scales[0]);
}

TEST_CASE("merging changes of trits loses nothing", "[adapt]") {
  auto model = random_trits();
  pass_type pass(model, {.sequences = 4, .length = 20});
  tl::ternary_learner learner(pass, {.rank = 5, .threshold_share = 0.4f}, 1);
  const auto batch = random_batch(4, 20);
  learner.requantize();
  const auto untouched = learner.measure(batch).sum;
  learner.for_each_tensor([](const tl::tensor_facts& t, std::span<float> x, std::span<float>) {
    for (std::size_t i = 0; t.name.ends_with("_b") && i < x.size(); ++i)
      x[i] = static_cast<float>(tl::philox(8, 0, i)[0] % 3) - 1.0f;
  });
  auto merged = tl::requantize(model);  // as it was, so far
  learner.requantize();
  CHECK(learner.measure(batch).sum != untouched);
  const auto trained = tl::requantize(model);
  std::size_t i = 0;
  learner.for_each_change([&](std::string_view name, const tl::ternary_change& c) {
    if (name == "blocks.0.ffn.up") tl::merge_ternary(merged.parameters.blocks[0].ffn.up, c), ++i;
    if (name == "blocks.1.attention.key")
      tl::merge_ternary(merged.parameters.blocks[1].attention.key, c), ++i;
  });
  REQUIRE(i == 2);
  const auto same = [](const auto& x, const auto& y) {
    return std::equal(x.codes.begin(), x.codes.end(), y.codes.begin()) &&
           x.scales[0] == y.scales[0];
  };
  CHECK(same(merged.parameters.blocks[0].ffn.up, trained.parameters.blocks[0].ffn.up));
  CHECK(
      same(merged.parameters.blocks[1].attention.key, trained.parameters.blocks[1].attention.key));
  CHECK_FALSE(same(merged.parameters.blocks[0].ffn.down, trained.parameters.blocks[0].ffn.down));
}

TEST_CASE("a step of signs moves the entries with the largest gradients by one", "[adapt]") {
  std::vector<float> x{0, 1, -1, 0, 1, 0, 0, -1}, memory(8);
  const std::vector<float> g{0.1f, -9, 3, -2, 5, 0, 0.2f, 4};
  tl::ternary_sign::state none;
  tl::ternary_sign{.share = 0.5}.update(x, g, none, {}, {{}, memory});
  // |g| of 9, 5, 4, 3: 1 stays at its end, so do both -1; 1 becomes 0
  CHECK(x == std::vector<float>{0, 1, -1, 0, 0, 0, 0, -1});
  tl::ternary_sign{.share = 0.5}.update(x, g, none, {.rate = 0.01}, {{}, memory});
  CHECK(x == std::vector<float>{0, 1, -1, 0, 0, 0, 0, -1});  // one entry: at its end
  const std::vector<float> zero(8);
  tl::ternary_sign{.share = 1}.update(x, zero, none, {}, {{}, memory});
  CHECK(x == std::vector<float>{0, 1, -1, 0, 0, 0, 0, -1});
}

TEST_CASE("changes of trits learn a batch", "[adapt]") {
  auto model = random_trits();
  pass_type pass(model, {.sequences = 4, .length = 20});
  tl::ternary_learner learner(pass, {.rank = 8, .threshold_share = 0.1f}, 1);
  tl::parameters<tl::ternary_sign> parameters(tl::ternary_sign{.share = 0.02}, learner, 1);
  const auto batch = random_batch(4, 20);
  std::vector<double> losses;
  for (std::uint64_t i = 0; i < 60; ++i) {
    learner.requantize();
    learner.zero_gradients();
    losses.push_back(learner.add_gradients(batch, 1.0f / 80).mean());
    learner.finish_gradients();
    parameters.update({.step = i, .rate = 1 - static_cast<double>(i) / 60}, {});
  }
  INFO(losses.front() << " -> " << losses.back());
  CHECK(losses.back() < losses.front() - 0.3);
}
