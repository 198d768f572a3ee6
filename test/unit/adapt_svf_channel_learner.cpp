// Training of factors of outputs: gradients against finite differences, and what a norm takes away.
#include "adapt_svf_fixture.hpp"

namespace {

using namespace test;
using tl::channel_factors;
using per_row = tl::weights::ternary<tl::rules::absmean, tl::scale::per_row>;
using per_group = tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<16>>;
template <class W>
using float_inputs = bitnet<scheme<W, tl::activations::f32>>;

/// A norm of each head behind query and key, of all behind the mixed values and the gated network.
template <class S>
using normed_heads = tl::decoder<
    tl::transformer_block<tl::rms_norm<>,
                          tl::attention<S, tl::sub_norm<>, tl::rotary::half_split, tl::rms_norm<>>,
                          tl::gated_ffn<S, tl::silu, tl::sub_norm<>>>,
    tl::tied_head<tl::weights::f32>>;

static_assert(tl::Learner<tl::channel_learner<tl::training_pass<tl::latent<ternary>>>>);

/// Finite differences along a random direction of each tensor.
template <class B>
void check_gradients(channel_factors which) {
  auto model = random_model<B>();
  tl::training_pass pass(model, small_pass);
  auto learner = tl::make_channel_learner(pass, which).value();
  const auto batch = random_batch(4, 30);
  gradients(learner, batch);
  std::vector<std::vector<float>> found;
  learner.for_each_tensor([&](const tl::tensor_facts&, std::span<float>, std::span<float> g) {
    found.emplace_back(g.begin(), g.end());
  });
  CHECK(found.size() == 14);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double size = std::sqrt(dot(found[k], found[k]));
    std::vector<float> direction = found[k];  // its own gradient, and something else, by halves
    const auto noise = random_values(direction.size(), k, 1.0f);
    for (std::size_t i = 0; i < direction.size(); ++i)
      direction[i] = direction.size() == 1
                         ? 1.0f
                         : direction[i] / static_cast<float>(size) +
                               noise[i] / static_cast<float>(std::sqrt(dot(noise, noise)));
    const double step = 0.02;
    const auto moved = [&](double by) {
      std::size_t at = 0;
      learner.for_each_tensor([&](const tl::tensor_facts&, std::span<float> z, std::span<float>) {
        for (std::size_t i = 0; at == k && i < z.size(); ++i)
          z[i] = 1 + static_cast<float>(by * step * static_cast<double>(direction[i]));
        ++at;
      });
      return loss_of(learner, batch);
    };
    const double slope = (moved(1) - moved(-1)) / (2 * step);
    (void)moved(0);
    INFO(k);
    CHECK(slope == Approx(dot(found[k], direction)).epsilon(2e-3).margin(3e-4));
  }
}

}  // namespace

TEST_CASE("gradients of channels are those of finite differences", "[adapt]") {
  SECTION("of floats") {
    check_gradients<smooth>(channel_factors::of_rows);
  }
  SECTION("of codes with a scale a row") {
    check_gradients<float_inputs<per_row>>(channel_factors::of_rows);
  }
  SECTION("of codes with a scale a group") {
    check_gradients<float_inputs<per_group>>(channel_factors::of_rows);
  }
  SECTION("of matrices of codes with one scale") {
    check_gradients<float_inputs<tl::weights::ternary<>>>(channel_factors::of_matrix);
  }
}

TEST_CASE("where rows share a scale, the gradient goes straight through", "[adapt]") {
  auto model = random_model<ternary>();
  tl::training_pass pass(model, small_pass);
  auto learner = tl::make_channel_learner(pass, channel_factors::of_rows).value();
  gradients(learner, random_batch(4, 30));
  std::vector<double> by_hand;
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float> g) {
    for (std::size_t o = 0; t.name == "blocks.1.ffn.down" && o < t.rows; ++o)
      by_hand.push_back(dot(w.subspan(o * t.cols, t.cols), g.subspan(o * t.cols, t.cols)));
  });
  REQUIRE(by_hand.size() == 48);
  learner.for_each_tensor([&](const tl::tensor_facts& t, std::span<float>, std::span<float> g) {
    if (t.name == "blocks.1.ffn.down.z") CHECK(relative(g, by_hand, 48) < 1e-6);
  });
}

TEST_CASE("a factor in front of a norm has no gradient, and one that meets the residual has",
          "[adapt]") {
  const auto check = [](auto model) {
    tl::training_pass pass(model, small_pass);
    auto learner = tl::make_channel_learner(pass, channel_factors::of_matrix).value();
    CHECK(learner.parameters() == 14);
    const auto batch = random_batch(4, 30);
    gradients(learner, batch);
    const double loss = learner.measure(batch).sum;
    struct found {
      std::string name;
      double slope, scaled;
    };
    std::vector<found> all;
    learner.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> z, std::span<float> g) {
      all.push_back({std::string(t.name), static_cast<double>(g[0]), 0});
      z[0] = 2;  // exact in floats
      all.back().scaled = std::fabs(loss_of(learner, batch) - loss);
      z[0] = 1;
    });
    for (const auto& [name, slope, scaled] : all) {
      INFO(name);
      const bool is_normed = name.ends_with("query.z") || name.ends_with("key.z") ||
                             name.ends_with("value.z") || name.ends_with("up.z");
      if (is_normed) {
        CHECK(std::fabs(slope) < 2e-4);
        CHECK(scaled < 1e-6 * loss);
      } else {  // output and down meet the residual, gate is bent by silu
        CHECK(std::fabs(slope) > 0.02);
        CHECK(scaled > 1e-5 * loss);
      }
    }
  };
  const tl::settings no_floor{.norm_eps = 1e-20f};
  tl::latent<normed_heads<scheme<tl::weights::f32, tl::activations::f32>>> floats(sizes, no_floor);
  tl::fill_random(floats, 3, 0.05f);
  check(floats);
  tl::latent<normed_heads<scheme<tl::weights::ternary<>>>> trits(sizes, no_floor);
  tl::fill_random(trits, 3, 0.05f);
  check(trits);
}

TEST_CASE("a planted expert of channels is found", "[adapt]") {
  using rows_model = float_inputs<per_row>;
  tl::latent<rows_model> model(sizes);
  tl::fill_random(model, 3, 0.2f);
  auto planted = model;
  tl::channel_expert truth;
  tl::for_each_hidden_matrix(model, [&](const std::string& name, const auto& m, auto) {
    if (name.ends_with("output") || name.ends_with("down"))
      truth.parts.push_back({name, random_z(m.rows, 90 + truth.parts.size(), 0.6f)});
  });
  REQUIRE(tl::apply_expert(truth, planted));
  tl::training_pass student(model, small_pass), teacher(planted, small_pass);
  auto z = tl::make_channel_learner(student, channel_factors::of_rows, [&](std::string_view name) {
             return truth.find(name) != nullptr;
           }).value();
  CHECK(z.parameters() == 4 * 48);
  tl::distillation learner(z, teacher, 200.0f);
  tl::parameters<tl::adamw> parameters(tl::adamw{.rate = 0.02, .decay = 0}, learner, 1);
  const auto batch = random_batch(4, 30);
  double at_first = 0, at_last = 0;
  for (std::size_t i = 0; i < 150; ++i) {
    learner.requantize();
    learner.zero_gradients();
    at_last = learner.add_gradients(batch, 1.0f / (120 * 200)).divergence;
    if (i == 0) at_first = at_last;
    learner.finish_gradients();
    parameters.update({.step = i, .rate = i < 100 ? 1.0 : 0.2}, {});
  }
  CHECK(at_last < at_first / 100);
  for (const auto& p : z.expert().parts) CHECK(correlation(p.z, truth.find(p.name)->z) > 0.98);
  // and what was trained fits the packed model
  z.restore();
  auto packed = tl::pack(model);
  REQUIRE(tl::apply_expert(z.expert(), packed));
}
