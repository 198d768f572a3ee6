// Merges of whole models: each matrix that an adapter names, as merge.hpp does it, and no other.
#include <trilith/adapt/code_changes.hpp>
#include <trilith/adapt/draw_latents.hpp>
#include <trilith/adapt/merge_model.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using trits = bitnet<scheme<tl::weights::ternary<>>, int8_head>;
using floats = bitnet<scheme<tl::weights::f32>, int8_head>;

/// A change of one matrix, `size` times as large as its weights are.
tl::adapter change_of_up(float size) {
  tl::low_rank c(112, 48, {.rank = 4, .alpha = 4}, 3);
  for (std::size_t i = 0; i < c.b.elements.size(); ++i)
    c.b.elements[i] = size * (tl::uniform(7, 0, i) - 0.5f);
  tl::adapter out;
  out.parts.push_back({"blocks.1.ffn.up", std::move(c)});
  return out;
}

bool same(const auto& x, const auto& y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

TEST_CASE("latent weights take an adapter whole, trits or not", "[adapt]") {
  const auto change = change_of_up(0.3f);
  const auto check = [&](auto model, bool has_codes) {
    const auto before = model;
    const auto found = tl::merge_into_latent(model, change);
    const auto& x = before.parameters.blocks[1].ffn.up;
    const auto& y = model.parameters.blocks[1].ffn.up;
    std::vector<float> d(48);
    for (std::size_t o = 0; o < 112; ++o) {
      change.parts[0].change.row(o, d.data());
      for (std::size_t i = 0; i < 48; ++i) REQUIRE(y.row(o)[i] == x.row(o)[i] + d[i]);
    }
    CHECK(same(before.parameters.blocks[0].ffn.up.elements,
               model.parameters.blocks[0].ffn.up.elements));
    CHECK((found.flipped > 0) == has_codes);
    CHECK(found.codes == (has_codes ? 112u * 48u : 0u));
  };
  check(random_model<trits>(), true);
  check(random_model<floats>(), false);
}

TEST_CASE("merged into trits a small change is lost; fed back, it arrives in the end", "[adapt]") {
  const auto before = tl::pack(random_model<trits>());
  const auto change = change_of_up(0.02f);
  auto erased = before, kept = before;
  const auto lost = tl::erase_by_merging_into_trits(erased, change);
  CHECK(lost.flipped == 0);
  CHECK(lost.codes == 112 * 48);
  CHECK(tl::compare_codes(before, erased).scale_drift < 1);  // and its scale shrinks
  tl::dense<trits> left_over(before.sizes);
  CHECK(tl::merge_with_feedback(kept, left_over, change).flipped == 0);
  std::uint64_t flipped = 0;
  for (int i = 0; i < 40; ++i) flipped += tl::merge_with_feedback(kept, left_over, change).flipped;
  CHECK(flipped > 100);
  CHECK(tl::compare_codes(before, kept).scale_drift == 1);
  // base + 41 changes = what the codes say + what is left over
  const auto& base = before.parameters.blocks[1].ffn.up;
  const auto& now = kept.parameters.blocks[1].ffn.up;
  std::vector<float> x(48), y(48), d(48);
  for (const std::size_t o : {0u, 50u, 111u}) {
    tl::decode_row(base, o, x.data());
    tl::decode_row(now, o, y.data());
    change.parts[0].change.row(o, d.data());
    for (std::size_t i = 0; i < 48; ++i)
      CHECK(y[i] + left_over.parameters.blocks[1].ffn.up.row(o)[i] ==
            Approx(x[i] + 41 * d[i]).margin(1e-5));
  }
}
