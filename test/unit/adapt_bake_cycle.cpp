// Half-bakes of two sets of prompts in turn: that each set's divergence falls and nothing drifts,
// when a plateau is one, and what a stop leaves.
#include <trilith/adapt/bake_cycle.hpp>
#include <trilith/trilith.hpp>

#include <cmath>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using model_type = tl::latent<bitnet<scheme<tl::weights::ternary<>>, int8_head>>;
using tokens = std::vector<std::int32_t>;

model_type random_student() {
  auto model = random_model<model_type::blueprint>();
  for (auto& block : model.parameters.blocks)
    for (float& g : block.attention.sub_norm.values) g = 6.0f;
  return model;
}

tl::prompt_set set_of(std::vector<tokens> prompts, std::uint64_t seed) {
  tl::prompt_set out{.prompts = std::move(prompts)};
  for (std::uint64_t i = 0; i < 60; ++i)
    (i < 40 ? out.openings : out.held_out)
        .push_back({static_cast<std::int32_t>(2 + tl::philox(seed, i, 0)[0] % 68)});
  return out;
}

const tl::prompt_set nines = set_of({{1, 9, 7, 9, 7, 9, 7, 9}}, 1);
const tl::prompt_set fives = set_of({{1, 5, 5, 5, 5}, {1, 6, 5, 6, 5}}, 2);

tl::cycle_options quick() {
  tl::cycle_options o{.iterations = 2};
  o.bake.steps = 50;
  o.bake.batch = 6;
  o.bake.optimiser.rate = 2e-3;
  o.bake.begins_with = {1};
  o.responses.tokens = 8;
  return o;
}

}  // namespace

TEST_CASE("a cycle brings both sets of prompts nearer, and scales stay", "[bake]") {
  auto student = random_student();
  const auto all = tl::bake_in_turn(student, nines, fives, quick()).value();
  REQUIRE(all.size() == 5);
  CHECK(all[0].codes.flipped == 0);
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(all[i].iteration == i);
    CHECK(all[i].set == (i - 1) % 2);
    CHECK(all[i].codes.flipped > 0);
    CHECK(all[i].codes.scale_drift == Approx(1).margin(0.05));
  }
  for (const std::size_t set : {0u, 1u}) {
    CHECK(all[set + 1].divergence[set] < all[set].divergence[set]);  // by its first bake
    CHECK(all[4].divergence[set] < 0.8 * all[0].divergence[set]);
  }
}

TEST_CASE("a stop leaves what the last whole iteration made", "[bake]") {
  auto student = random_student(), other = random_student();
  auto one = quick();
  one.iterations = 1;
  auto options = quick();
  std::size_t finished = 0;
  const auto count = [&](const tl::cycle_report&) { ++finished; };
  const auto stop = [&] { return finished == 3; };
  options.on_iteration = count;
  options.bake.stop = stop;
  CHECK(tl::bake_in_turn(student, nines, fives, options).value().size() == 3);
  REQUIRE(tl::bake_in_turn(other, nines, fives, one));
  const auto& x = student.parameters.blocks[0].ffn.up.elements;
  const auto& y = other.parameters.blocks[0].ffn.up.elements;
  CHECK(std::equal(x.begin(), x.end(), y.begin()));
}

TEST_CASE("a plateau is where the means of two windows no longer differ", "[bake]") {
  tl::plateau rising, flat, late;
  for (int i = 0; i < 10; ++i) CHECK_FALSE(rising.see(0.1 * i));
  CHECK_FALSE(flat.see(0.5));
  CHECK_FALSE(flat.see(0.5));
  CHECK(flat.see(0.5));
  // a window that is not full is divided by what it holds: 0.9, 0.9, 0.9, 0.9 gains nothing
  std::vector<bool> found;
  for (int i = 0; i < 5; ++i) found.push_back(late.see(0.9));
  CHECK(found == std::vector<bool>{false, false, true, true, true});
  tl::plateau once({.patience = 1});
  CHECK_FALSE(once.see(0.1));
  CHECK_FALSE(once.see(0.5));
  CHECK_FALSE(once.see(0.6));
  CHECK_FALSE(once.see(0.7));
  CHECK_FALSE(once.see(0.7));
}

TEST_CASE("codes are compared matrix by matrix", "[bake]") {
  const auto before = tl::pack(random_student());
  auto after = before;
  CHECK(tl::compare_codes(before, after).flipped == 0);
  CHECK(tl::compare_codes(before, after).scale_drift == 1.0);
  auto& up = after.parameters.blocks[1].ffn.up;
  up.scales[0] *= 2;
  up.codes[0] = static_cast<std::uint8_t>(up.codes[0] ^ 1);
  const auto found = tl::compare_codes(before, after);
  CHECK(found.flipped == 1);
  CHECK(found.scale_drift == Approx(std::exp2(1.0 / 14)));
  CHECK(found.codes == 2 * (2 * 48 * 48 + 2 * 24 * 48 + 3 * 48 * 112));
}
