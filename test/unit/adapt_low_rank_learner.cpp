// Changes of low rank that are trained through the quantiser: their gradients, and that packing
// gives the forward pass that was trained.
#include <trilith/adapt/low_rank_learner.hpp>
#include <trilith/adapt/merge.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;

/// Steps of AdamW, all by hand; returns the loss of each.
template <class Learner>
std::vector<double> train(Learner& learner, const tl::token_batch& batch, std::size_t steps) {
  tl::parameters<tl::adamw> parameters(tl::adamw{.rate = 1e-2, .decay = 0}, learner, 1);
  std::vector<double> losses;
  for (std::size_t i = 0; i < steps; ++i) {
    learner.requantize();
    learner.zero_gradients();
    losses.push_back(learner.add_gradients(batch, 1.0f / 120).sum / 120);
    learner.finish_gradients();
    parameters.update({.step = i}, {});
  }
  learner.requantize();
  return losses;
}

}  // namespace

TEST_CASE("the gradients of a change are those of the weights, multiplied by its factors",
          "[adapt]") {
  auto model = random_model<ternary>();
  tl::training_pass pass(model,
                         {.sequences = 4, .length = 30, .gradients = tl::gradient_numbers::f32});
  tl::low_rank_learner learner(pass, {.rank = 3, .alpha = 6}, 1);
  const auto batch = random_batch(4, 30);
  learner.requantize();
  learner.zero_gradients();
  learner.add_gradients(batch, 1.0f / 120);
  learner.finish_gradients();
  // B is zero: so is dL/dA, and dL/dB is not
  std::size_t tensors = 0;
  learner.for_each_tensor([&](const tl::tensor_facts& t, std::span<float>, std::span<float> g) {
    double sum = 0;
    for (const float x : g) sum += std::fabs(static_cast<double>(x));
    INFO(t.name);
    if (t.name.ends_with(".lora_a"))
      CHECK(sum == 0);
    else
      CHECK(sum > 0);
    ++tensors;
  });
  CHECK(tensors == 2 * 2 * 7);

  // dL/dB[o, k] = 2 sum_i dL/dW[o, i] A[k, i] and, of another B, dL/dA[k, i] = 2 sum_o B[o, k]
  // dL/dW[o, i], of the first matrix
  learner.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float>) {
    for (std::size_t i = 0; t.name.ends_with(".lora_b") && i < w.size(); ++i)
      w[i] = 0.01f * static_cast<float>(i % 7) - 0.03f;
  });
  learner.requantize();
  learner.zero_gradients();
  learner.add_gradients(batch, 1.0f / 120);
  learner.finish_gradients();
  std::vector<float> dw, a, da, b, db;
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float>, std::span<float> g) {
    if (t.name == "blocks.0.attention.query") dw.assign(g.begin(), g.end());
  });
  learner.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float> g) {
    if (t.name == "blocks.0.attention.query.lora_a")
      a.assign(w.begin(), w.end()), da.assign(g.begin(), g.end());
    if (t.name == "blocks.0.attention.query.lora_b")
      b.assign(w.begin(), w.end()), db.assign(g.begin(), g.end());
  });
  REQUIRE(dw.size() == 48 * 48);
  const auto times = [](float x, float y) {
    return static_cast<double>(x) * static_cast<double>(y);
  };
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 48; ++i) {
      double for_b = 0, for_a = 0;
      for (std::size_t j = 0; j < 48; ++j) {
        for_b += 2 * times(dw[i * 48 + j], a[k * 48 + j]);
        for_a += 2 * times(b[j * 3 + k], dw[j * 48 + i]);
      }
      CHECK(static_cast<double>(db[i * 3 + k]) == Approx(for_b).margin(1e-7).epsilon(1e-4));
      CHECK(static_cast<double>(da[k * 48 + i]) == Approx(for_a).margin(1e-7).epsilon(1e-4));
    }
}

TEST_CASE("a change that was trained through the quantiser needs no merge: the same bits",
          "[adapt]") {
  auto model = random_model<ternary>();
  const auto before = tl::pack(model);
  tl::training_pass pass(model,
                         {.sequences = 4, .length = 30, .gradients = tl::gradient_numbers::f32});
  tl::low_rank_learner learner(pass, {.rank = 4, .alpha = 8}, 1);
  const auto batch = random_batch(4, 30);
  const auto losses = train(learner, batch, 60);
  CHECK(losses.back() < 0.8 * losses.front());

  const auto hidden = pass.forward(batch);
  const auto scores = pass.logits(hidden.rows_from(0, 30));
  const auto merged = tl::pack(model);
  auto s = tl::session<std::remove_cvref_t<decltype(merged)>>::open(merged).value();
  std::size_t wrong = 0, flipped = 0;
  REQUIRE(s.score(0, {&batch.tokens()(0, 0), 30}, [&](std::size_t t, std::span<float> found) {
    for (std::size_t i = 0; i < found.size(); ++i)
      wrong += std::fabs(found[i] - scores(t, i)) > 1e-5f * std::fabs(scores(t, i)) + 1e-6f;
  }));
  CHECK(wrong == 0);
  const auto& p = before.parameters.blocks[0].attention.query;
  const auto& q = merged.parameters.blocks[0].attention.query;
  for (std::size_t i = 0; i < p.codes.size(); ++i)
    flipped += p.codes.data()[i] != q.codes.data()[i];
  CHECK(flipped > 0);
}

TEST_CASE("a change has a strength, and settles", "[adapt]") {
  auto model = random_model<ternary>();
  const auto query = [&] {
    const auto& w = model.parameters.blocks[1].attention.query.elements;
    return std::vector<float>(w.data(), w.data() + w.size());
  };
  const auto base = query();
  tl::training_pass pass(model, {.sequences = 4, .length = 30});
  tl::low_rank_learner learner(pass, {.rank = 4}, 1);
  (void)train(learner, random_batch(4, 30), 5);
  const auto whole = query();
  CHECK(whole != base);
  learner.apply(0.0f);
  CHECK(query() == base);
  learner.apply(0.5f);
  const auto half = query();
  for (std::size_t i = 0; i < half.size(); ++i)
    CHECK(half[i] == Approx((whole[i] + base[i]) / 2).margin(1e-6));
  learner.settle({.rank = 4}, 2);
  CHECK(query() == whole);
  learner.apply(0.0f);
  CHECK(query() == whole);
}

TEST_CASE("only the matrices that are wanted change", "[adapt]") {
  auto model = random_model<ternary>();
  tl::training_pass pass(model, {.sequences = 4, .length = 30});
  const tl::low_rank_learner learner(
      pass, {.rank = 2}, 1, [](std::string_view name) { return name.ends_with(".query"); });
  std::vector<std::string> names;
  learner.for_each_change(
      [&](std::string_view name, const tl::low_rank&) { names.emplace_back(name); });
  CHECK(names == std::vector<std::string>{"blocks.0.attention.query", "blocks.1.attention.query"});
  CHECK(learner.parameters() == 2 * 2 * (48 + 48));
}
