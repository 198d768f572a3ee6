// Adapters that are not merged: what they compute, that several take turns on one base, and their
// files.
#include <trilith/adapt/adapted.hpp>
#include <trilith/adapt/low_rank_learner.hpp>
#include <trilith/trilith.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using blueprint = bitnet<scheme<tl::weights::ternary<>>, int8_head>;
using base_type = tl::adapted<blueprint>;

tl::adapter random_adapter(std::uint64_t seed, std::size_t rank = 3) {
  tl::adapter out;
  const auto add = [&](std::string name, std::size_t rows, std::size_t cols) {
    tl::low_rank c(rows, cols, {.rank = rank, .alpha = 6}, seed);
    for (std::size_t i = 0; i < c.b.elements.size(); ++i)
      c.b.elements[i] = tl::uniform(seed, 9, i) - 0.5f;
    out.parts.push_back({std::move(name), std::move(c)});
  };
  add("blocks.0.attention.query", 48, 48);
  add("blocks.1.attention.output", 48, 48);
  add("blocks.1.ffn.up", 112, 48);
  add("blocks.1.ffn.down", 48, 112);
  return out;
}

std::vector<float> logits_of(const base_type& model) {
  auto s = tl::session<base_type>::open(model).value();
  const std::vector<std::int32_t> tokens{1, 5, 9, 60, 3};
  REQUIRE(s.append(0, tokens));
  return {s.logits(0).begin(), s.logits(0).end()};
}

base_type random_base() {
  return tl::adaptable(tl::pack(random_model<blueprint>()));
}

}  // namespace

TEST_CASE("an adapted matrix adds s B A x of the activations that the base multiplies", "[adapt]") {
  std::vector<float> w(20 * 70), x(2 * 70);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = tl::uniform(1, 0, i) - 0.5f;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = tl::uniform(2, 0, i) - 0.4f;
  using s = scheme<tl::weights::ternary<>>;
  const auto packed = tl::pack_matrix<tl::weights::ternary<>>(w.data(), 20, 70);
  tl::adapted_matrix<std::remove_const_t<decltype(packed)>> adapted{
      tl::change_packing<tl::packing::bits2>(packed)};
  tl::low_rank c(20, 70, {.rank = 5, .alpha = 10}, 3);
  for (std::size_t i = 0; i < c.b.elements.size(); ++i) c.b.elements[i] = tl::uniform(4, 0, i);
  tl::activation_buffer buffer(2, 70, 1);
  const auto xq = tl::quantize_for<s>(packed, tl::span2d<const float>(x.data(), 2, 70), buffer, {});
  std::vector<float> base(40), none(40), with(40);
  tl::apply<s>(packed, xq, {base.data(), 2, 20}, {});
  tl::apply<s>(adapted, xq, {none.data(), 2, 20}, {});
  adapted.change = &c;
  tl::apply<s>(adapted, xq, {with.data(), 2, 20}, {});
  CHECK(none == base);
  for (std::size_t t = 0; t < 2; ++t)
    for (std::size_t o = 0; o < 20; ++o) {
      double sum = 0;
      for (std::size_t k = 0; k < 5; ++k)
        for (std::size_t i = 0; i < 70; ++i)
          sum += 2.0 * static_cast<double>(c.b.row(o)[k]) * static_cast<double>(c.a.row(k)[i]) *
                 static_cast<double>(xq.scales[t]) *
                 static_cast<double>(xq.data[t * xq.stride + i]);
      INFO(t << ", " << o);
      CHECK(static_cast<double>(with[t * 20 + o] - base[t * 20 + o]) ==
            Approx(sum).epsilon(1e-4).margin(1e-4));
    }
}

TEST_CASE("several adapters take turns on one base", "[adapt]") {
  base_type base = random_base();
  const tl::adapter a = random_adapter(1), b = random_adapter(2);
  const auto bare = logits_of(base);
  REQUIRE(tl::attach(base, a));
  const auto with_a = logits_of(base);
  REQUIRE(tl::attach(base, b));
  const auto with_b = logits_of(base);
  CHECK(with_a != bare);
  CHECK(with_b != bare);
  CHECK(with_a != with_b);
  REQUIRE(tl::attach(base, a));
  CHECK(logits_of(base) == with_a);
  tl::detach(base);
  CHECK(logits_of(base) == bare);
}

TEST_CASE("the packed base without an adapter computes the bits of the packed model", "[adapt]") {
  const auto packed = tl::pack(random_model<blueprint>());
  auto s = tl::session<std::remove_const_t<decltype(packed)>>::open(packed).value();
  const std::vector<std::int32_t> tokens{1, 5, 9, 60, 3};
  REQUIRE(s.append(0, tokens));
  const auto bare = logits_of(random_base());
  CHECK(std::equal(bare.begin(), bare.end(), s.logits(0).begin()));
}

TEST_CASE("an adapter that does not fit is refused, and the model stays", "[adapt]") {
  base_type base = random_base();
  const auto bare = logits_of(base);
  tl::adapter wide = random_adapter(1);
  wide.parts[1].change = tl::low_rank(48, 50, {}, 1);
  CHECK(tl::attach(base, wide).error().message ==
        "attach: blocks.1.attention.output: expected a change of [48, 48], the adapter's is "
        "[48, 50].");
  tl::adapter other = random_adapter(1);
  other.parts[0].name = "blocks.7.attention.query";
  CHECK(tl::attach(base, other).error().message ==
        "attach: expected matrices of the model, 4 of them, found 3 of these names.");
  CHECK(logits_of(base) == bare);
}

TEST_CASE("adapters go to files and back", "[adapt]") {
  const std::string path = "adapter.safetensors";
  base_type base = random_base();
  const tl::adapter a = random_adapter(1);
  REQUIRE(tl::save_adapter(path, a));
  const tl::adapter again = tl::load_adapter(path).value();
  REQUIRE(again.parts.size() == 4);
  CHECK(again.parameters() == a.parameters());
  REQUIRE(tl::attach(base, a));
  const auto before = logits_of(base);
  REQUIRE(tl::attach(base, again));
  const auto after = logits_of(base);
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(after[i] == Approx(before[i]).epsilon(1e-4).margin(1e-4));

  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  file.put('x');
  file.close();
  CHECK(tl::load_adapter(path).error().message.find("The file is damaged.") != std::string::npos);
  std::remove(path.c_str());
  CHECK(tl::load_adapter(path).error().code == tl::errc::file_not_found);
}

TEST_CASE("what a learner trained becomes an adapter", "[adapt]") {
  auto model = random_model<blueprint>();
  tl::training_pass pass(model, {.sequences = 2, .length = 8});
  tl::low_rank_learner learner(pass, {.rank = 2}, 1,
                               [](std::string_view name) { return name.ends_with("query"); });
  const tl::adapter a = tl::adapter_of(learner);
  REQUIRE(a.parts.size() == 2);
  CHECK(a.parts[1].name == "blocks.1.attention.query");
  CHECK(a.parameters() == learner.parameters());
}
