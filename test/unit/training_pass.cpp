// What a training pass promises beside its gradients (train_backward.cpp).

#include <trilith/model/staged_block.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cmath>

#include "catch.hpp"
#include "random_values.hpp"
#include "training_fixture.hpp"

namespace tl = trilith;

namespace {

using namespace test;
using smooth = bitnet<scheme<tl::weights::f32, tl::activations::f32>>;

template <class Model>
std::vector<float> scores_of_training(Model& model, const tl::token_batch& batch) {
  tl::training_pass pass(model, {.sequences = batch.rows(), .length = batch.length()});
  const auto scores = pass.logits(pass.forward(batch));
  std::vector<float> all;
  for (std::size_t t = 0; t < scores.rows; ++t)
    all.insert(all.end(), &scores(t, 0), &scores(t, 0) + scores.cols);
  return all;
}

template <class Model>
std::vector<float> scores_of_inference(const Model& model, const tl::token_batch& batch) {
  auto session =
      tl::session<Model>::open(model, {.sequences = batch.rows(), .context = 80}).value();
  std::vector<float> all;
  for (std::size_t b = 0; b < batch.rows(); ++b)
    (void)session
        .score(b, batch.tokens().row(b),
               [&](std::size_t, std::span<const float> s) {
                 all.insert(all.end(), s.begin(), s.end());
               })
        .value();
  return all;
}

template <class B>
void overfit(tl::gradient_numbers numbers = tl::gradient_numbers::automatic) {
  auto model = random_model<B>();
  tl::training_pass pass(model, {.sequences = 2, .length = 24, .gradients = numbers});
  const tl::adamw optimiser{.rate = 4e-3, .decay = 0};
  std::vector<tl::adamw::state> states;
  pass.for_each_tensor(
      [&](const tl::tensor_facts& t, auto, auto) { states.emplace_back(optimiser, t); });
  const auto batch = random_batch(2, 24);
  double loss = 0;
  for (std::uint64_t step = 0; step < 120; ++step) {
    pass.zero_gradients();
    loss = pass.add_gradients(batch, 1.0f / 48).mean();
    pass.finish_gradients();
    std::size_t i = 0;
    pass.for_each_tensor([&](const tl::tensor_facts&, std::span<float> w, std::span<float> g) {
      optimiser.update(w, g, states[i++], {.step = step}, {});
    });
    pass.requantize();
  }
  CHECK(loss < 0.05);
}

}  // namespace

TEMPLATE_TEST_CASE("one batch is learned by heart", "", tl::weights::binary<>,
                   tl::weights::ternary<>, tl::weights::ternary<tl::rules::learned_step>,
                   tl::weights::ternary<tl::rules::learned_scale<>>) {
  overfit<bitnet<scheme<TestType>>>();
}

TEMPLATE_TEST_CASE("one batch is learned by heart in bfloat16", "", ternary, smooth) {
  overfit<TestType>(tl::gradient_numbers::bf16);
}

TEST_CASE("a packed model gives the scores of its training pass") {
  const auto batch = random_batch(3, 70);
  SECTION("bit for bit where all products are of integers") {
    auto model = random_model<bitnet<scheme<tl::weights::ternary<>>, int8_head>>();
    CHECK(scores_of_training(model, batch) == scores_of_inference(tl::pack(model), batch));
  }
  SECTION("and with activations below eight bits") {
    auto sparse = random_model<tl::presets::a4_8<>>();
    CHECK(scores_of_training(sparse, batch) == scores_of_inference(tl::pack(sparse), batch));
    auto rotated = random_model<tl::presets::v2<>>();
    CHECK(scores_of_training(rotated, batch) == scores_of_inference(tl::pack(rotated), batch));
  }
  SECTION("and with other blocks at the edges") {
    using s = scheme<tl::weights::ternary<>>;
    using four_bits = s::with_activations<tl::activations::int4<>>;
    auto model = random_model<
        tl::decoder<tl::edged_block<bitnet<four_bits>::block, bitnet<s>::block>, int8_head>>();
    CHECK(scores_of_training(model, batch) == scores_of_inference(tl::pack(model), batch));
    auto plain = random_model<bitnet<s, int8_head>>();  // two layers are both at an edge
    CHECK(scores_of_training(model, batch) == scores_of_training(plain, batch));
  }
  SECTION("and with learned scales") {
    using weights = tl::weights::ternary<tl::rules::learned_step, tl::scale::per_row>;
    auto model = random_model<bitnet<scheme<weights>, int8_head>>();
    tl::training_pass pass(model, {.sequences = 1, .length = 1});
    pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float>) {
      if (t.name.ends_with(".scale"))
        for (std::size_t i = 0; i < w.size(); ++i) w[i] *= 0.8f + 0.1f * static_cast<float>(i % 5);
    });
    CHECK(scores_of_training(model, batch) == scores_of_inference(tl::pack(model), batch));
  }
  SECTION("to 1e-5 with a head of floats") {
    auto model = random_model<ternary>();
    const auto training = scores_of_training(model, batch);
    const auto inference = scores_of_inference(tl::pack(model), batch);
    float top = 0, wrong = 0;
    for (std::size_t i = 0; i < training.size(); ++i) {
      top = std::max(top, std::abs(inference[i]));
      wrong = std::max(wrong, std::abs(training[i] - inference[i]));
    }
    CHECK(wrong < 1e-5f * top);
  }
}

TEST_CASE("a staged block trains as its stage says, and counts the zeros that it multiplies") {
  using s = scheme<tl::weights::ternary<>>;
  using first = bitnet<s>::block;
  using last = bitnet<s::with_activations<tl::activations::int4<>>>::block;
  const auto batch = random_batch(2, 24);
  const auto gradients = [&]<class B>(std::type_identity<B>, bool is_last) {
    auto model = random_model<tl::decoder<B, int8_head>>();
    tl::training_pass pass(model, {.sequences = 2, .length = 24});
    pass.enter_stage(is_last);
    (void)pass.add_gradients(batch, 1.0f / 48);
    std::size_t zeros = 0, values = 0, inputs = 0;
    pass.count_zeros([&](std::size_t layer, std::string_view name, std::size_t z, std::size_t n) {
      CHECK(layer < sizes.layers);
      CHECK(z <= n);
      inputs += name != "gate";
      if (name == "attention") zeros += z, values += n;
    });
    CHECK(inputs == 4 * sizes.layers);
    CHECK(values == sizes.layers * 48 * sizes.dim);
    auto all = gradients_of(pass);
    all.push_back(static_cast<float>(zeros));
    return all;
  };
  using staged = std::type_identity<tl::staged_block<first, last>>;
  const auto in_first = gradients(std::type_identity<first>{}, true);
  const auto in_last = gradients(std::type_identity<last>{}, true);
  CHECK(gradients(staged{}, false) == in_first);
  CHECK(gradients(staged{}, true) == in_last);
  CHECK(in_last.back() > 4 * in_first.back());  // four bits leave more zeros
}

TEST_CASE("micro-batches add up to the gradients of the whole batch") {
  const auto batch = random_batch(4, 30);
  auto model = random_model<ternary>();
  // sums of floats go on where they were; 16-bit integers are relative to the batch's largest
  for (const auto& [numbers, most] : {std::pair{tl::gradient_numbers::f32, 1e-6},
                                      std::pair{tl::gradient_numbers::int8x2, 1e-4}}) {
    tl::training_pass whole(model, {.sequences = 4, .length = 30, .gradients = numbers});
    (void)whole.add_gradients(batch, 1.0f / 120);
    tl::training_pass parts(model, {.sequences = 2, .length = 30, .gradients = numbers});
    for (std::size_t first : {0u, 2u}) {
      tl::token_batch micro;
      micro.resize(2, 30);
      for (std::size_t b = 0; b < 2; ++b)
        micro.set(b, batch.tokens().row(first + b), batch.targets().row(first + b));
      (void)parts.add_gradients(micro, 1.0f / 120);
    }
    CHECK(distance(gradients_of(parts), gradients_of(whole)) < most);
  }
}

TEST_CASE("gradients by integers are those by floats, to 16 bits") {
  const auto batch = random_batch(4, 30);
  auto model = random_model<ternary>();
  tl::training_pass floats(model,
                           {.sequences = 4, .length = 30, .gradients = tl::gradient_numbers::f32});
  tl::training_pass integers(
      model, {.sequences = 4, .length = 30, .gradients = tl::gradient_numbers::int8x2});
  CHECK(floats.add_gradients(batch, 1.0f / 120).sum ==
        integers.add_gradients(batch, 1.0f / 120).sum);
  const double error = distance(gradients_of(integers), gradients_of(floats));
  CHECK(error > 0);  // they are not the same path
  CHECK(error < 2e-4);
}

TEST_CASE("by itself a pass multiplies gradients in the numbers that take the least time") {
  const auto batch = random_batch(4, 30);
  auto model = random_model<ternary>();
  const auto of = [&](tl::gradient_numbers numbers) {
    tl::training_pass pass(model, {.sequences = 4, .length = 30, .gradients = numbers});
    (void)pass.add_gradients(batch, 1.0f / 120);
    return gradients_of(pass);
  };
  using enum tl::gradient_numbers;
  const auto found = of(automatic);
  if (!tl::gradients_gain_from_int8()) {
    CHECK(found == of(f32));
  } else if (!tl::simd::gradients().pairs_bf16 && !tl::simd::gradients().tiles_bf16) {
    CHECK(found == of(int8x2));
  } else {  // the head's in bfloat16
    CHECK(found != of(int8x2));
    CHECK(distance(found, of(f32)) < 1e-2);
  }
}

TEMPLATE_TEST_CASE("gradients in bfloat16 are those by floats, to 8 bits", "", ternary, smooth) {
  const auto batch = random_batch(4, 30);
  auto model = random_model<TestType>();
  tl::training_pass floats(model,
                           {.sequences = 4, .length = 30, .gradients = tl::gradient_numbers::f32});
  tl::training_pass halves(model,
                           {.sequences = 4, .length = 30, .gradients = tl::gradient_numbers::bf16});
  CHECK(halves.add_gradients(batch, 1.0f / 120).sum ==
        Approx(floats.add_gradients(batch, 1.0f / 120).sum).epsilon(1e-3));
  const double error = distance(gradients_of(halves), gradients_of(floats));
  CHECK(error > 1e-4);  // they are not the same path
  CHECK(error < 1e-2);
}

TEST_CASE("gradients of a smooth decoder are its differences") {
  auto model = random_model<smooth>();
  const auto batch = random_batch(2, 20);
  tl::training_pass pass(model, {.sequences = 2, .length = 20});
  (void)pass.add_gradients(batch, 1.0f / 40);
  std::uint64_t tensor = 0;
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float> g) {
    INFO(t.name);
    const auto direction = test::random_values(w.size(), ++tensor);
    const std::vector<float> before(w.begin(), w.end());
    double slope = 0, difference = 0;
    for (std::size_t i = 0; i < w.size(); ++i)
      slope += static_cast<double>(g[i]) * static_cast<double>(direction[i]);
    for (const float step : {0x1p-10f, -0x1p-10f}) {
      for (std::size_t i = 0; i < w.size(); ++i) w[i] = before[i] + step * direction[i];
      pass.requantize();
      difference += (step > 0 ? 1 : -1) * pass.measure(batch).mean() / 0x1p-9;
    }
    std::copy(before.begin(), before.end(), w.begin());
    CHECK(difference == Approx(slope).epsilon(5e-3).margin(1e-3));
  });
}

TEST_CASE("quantisation can be phased in") {
  auto quantised = random_model<ternary>();
  auto floats = random_model<smooth>();
  const auto batch = random_batch(2, 20);
  tl::training_pass pass(quantised, {.sequences = 2, .length = 20, .blends = true});
  tl::training_pass dense(floats, {.sequences = 2, .length = 20});
  const double last = pass.measure(batch).mean();
  pass.requantize(0);
  CHECK(pass.measure(batch).mean() == Approx(dense.measure(batch).mean()).epsilon(1e-6));
  pass.requantize(0.999999);
  CHECK(pass.measure(batch).mean() == Approx(last).epsilon(1e-3));
  pass.requantize(1);
  CHECK(pass.measure(batch).mean() == last);
}

TEST_CASE("a requantisation counts what changed") {
  auto model = random_model<ternary>();
  tl::training_pass pass(model, {.sequences = 1, .length = 4});
  CHECK(pass.requantize().flipped == 0);
  const auto all = pass.requantize();
  CHECK(all.codes ==
        tl::coded_parameter_count<tl::decoder<ternary::block, ternary::head, tl::fixed<sizes>>>);
  CHECK(static_cast<double>(all.zeros) / static_cast<double>(all.codes) ==
        Approx(0.31).margin(0.02));
  float* first = nullptr;
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float>) {
    if (t.name == "blocks.0.attention.query") first = w.data();
  });
  REQUIRE(first != nullptr);
  *first = *first > 0 ? -0.5f : 0.5f;
  CHECK(pass.requantize().flipped >= 1);
  CHECK(pass.requantize().flipped == 0);
}

TEST_CASE("stochastic rounding keeps the mean, and weights that are codes") {
  tl::working_matrix<tl::weights::ternary<>> with(64, 64);
  for (float& s : with.stored.scales) s = 0.5f;
  tl::plain_matrix<tl::weights::f32> w(64, 64);
  double sum = 0;
  for (std::uint64_t step = 0; step < 4; ++step) {
    for (float& x : w.elements) x = 0.5f * 0.3f;
    tl::round_by_chance(w, with, {7, step, 1}, {});
    for (const float x : w.elements) {
      CHECK_FALSE((x != 0.5f && x != 0.0f));
      sum += static_cast<double>(x);
    }
  }
  CHECK(sum / (4 * 64 * 64) == Approx(0.15).epsilon(0.03));
  for (float& x : w.elements) x = -3.0f;
  tl::round_by_chance(w, with, {7, 9, 1}, {});
  for (const float x : w.elements) CHECK(x == -0.5f);
}

TEST_CASE("a model learns without latent weights") {
  auto model = random_model<ternary>();
  tl::training_pass<tl::latent<ternary>, tl::ste::stochastic_rounding> pass(
      model, {.sequences = 2, .length = 24});
  const tl::adamw optimiser{.rate = 4e-3, .decay = 0};
  std::vector<tl::adamw::state> states;
  pass.for_each_tensor(
      [&](const tl::tensor_facts& t, auto, auto) { states.emplace_back(optimiser, t); });
  const auto batch = random_batch(2, 24);
  double first = 0, loss = 0;
  for (std::uint64_t step = 0; step < 100; ++step) {
    pass.zero_gradients();
    loss = pass.add_gradients(batch, 1.0f / 48).mean();
    if (step == 0) first = loss;
    pass.finish_gradients();
    std::size_t i = 0;
    pass.for_each_tensor([&](const tl::tensor_facts&, std::span<float> w, std::span<float> g) {
      optimiser.update(w, g, states[i++], {.step = step}, {});
    });
    pass.after_update(3, step);
    pass.requantize();
  }
  CHECK(loss < first / 2);
  // every weight is a code times its scale, so requantize() packs what was trained
  const auto packed = tl::requantize(model);
  const auto again = tl::dequantize(packed);
  const auto& a = model.parameters.blocks[1].ffn.down.elements;
  const auto& b = again.parameters.blocks[1].ffn.down.elements;
  CHECK(std::equal(a.begin(), a.end(), b.begin()));
}

TEST_CASE("a distilled model comes close to its teacher") {
  auto teacher_model = random_model<smooth>(5);
  for (float& x : teacher_model.parameters.embedding.elements) x *= 8;
  auto model = random_model<ternary>();
  const tl::pass_options room{.sequences = 2, .length = 24};
  tl::training_pass student(model, room);
  tl::training_pass teacher(teacher_model, room);
  tl::distillation learner(student, teacher, 1.0f);
  static_assert(tl::Learner<decltype(learner)>);
  const tl::adamw optimiser{.rate = 3e-3, .decay = 0};
  std::vector<tl::adamw::state> states;
  learner.for_each_tensor(
      [&](const tl::tensor_facts& t, auto, auto) { states.emplace_back(optimiser, t); });
  tl::token_batch batch = random_batch(2, 24);
  double first = 0, last = 0;
  for (std::uint64_t step = 0; step < 60; ++step) {
    learner.zero_gradients();
    const tl::loss_sums loss = learner.add_gradients(batch, 1.0f / 48);
    last = loss.divergence / static_cast<double>(loss.tokens);
    if (step == 0) first = last;
    learner.finish_gradients();
    std::size_t i = 0;
    learner.for_each_tensor([&](const tl::tensor_facts&, std::span<float> w, std::span<float> g) {
      optimiser.update(w, g, states[i++], {.step = step}, {});
    });
    learner.requantize();
  }
  CHECK(first > 0.1);
  CHECK(last < first / 2);
}

TEST_CASE("the row kernels of a norm's backward pass give its own bits") {
  using norm = tl::rms_norm<>;
  for (const std::size_t n : {1u, 15u, 48u, 100u}) {
    const auto x = test::random_values(n, 1), g = test::random_values(n, 2);
    const auto dy = test::random_values(n, 3);
    std::vector<float> dx(n), dgain(n), found_dx(n), found_dgain(n);
    norm::backward(x.data(), g.data(), dy.data(), dx.data(), dgain.data(), n, 1e-5f);
    tl::detail::norm_back<norm>(x.data(), g.data(), dy.data(), found_dx.data(), found_dgain.data(),
                                n, 1e-5f);
    CHECK(found_dx == dx);
    CHECK(found_dgain == dgain);
  }
}
