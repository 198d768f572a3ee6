// Policy gradients: advantages by their definition, gradients by the definition of the loss, and
// that a reward rises.
#include <trilith/adapt/reinforce.hpp>
#include <trilith/trilith.hpp>

#include <cmath>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using model_type = tl::latent<bitnet<scheme<tl::weights::ternary<>>, int8_head>>;

std::vector<std::vector<std::int32_t>> openings_of(std::size_t n) {
  std::vector<std::vector<std::int32_t>> all(n);
  for (std::size_t i = 0; i < n; ++i)
    all[i] = {static_cast<std::int32_t>(2 + tl::philox(5, i, 0)[0] % 68)};
  return all;
}

/// The share of low tokens in a response.
double low_share(const tl::trajectory& t) {
  double low = 0;
  for (std::size_t i = t.opening; i < t.tokens.size(); ++i) low += t.tokens[i] < 20;
  return low / static_cast<double>(t.response());
}

tl::reinforce_options quick() {
  tl::reinforce_options o{.steps = 60, .openings = 4, .responses = 4};
  o.how.tokens = 8;
  o.optimiser.rate = 1e-2;
  o.beta = 0.01f;
  o.begins_with = {1};
  return o;
}

}  // namespace

TEST_CASE("an advantage is a reward without the mean of the others to the same opening",
          "[reinforce]") {
  const std::vector<double> rewards{1, 0, 0, 5, 5, 8};
  CHECK(tl::advantages_of(rewards, 3, false) ==
        std::vector<float>{1.0f, -0.5f, -0.5f, -1.5f, -1.5f, 3.0f});
  const auto normal = tl::advantages_of(rewards, 3, true);
  double squares = 0;
  for (const float a : normal) squares += static_cast<double>(a) * static_cast<double>(a) / 6;
  CHECK(squares == Approx(1));
  CHECK(normal[5] == Approx(-2 * normal[3]));
  CHECK(tl::advantages_of(std::vector<double>{2, 2, 2, 2}, 2, true) == std::vector<float>(4));
}

TEST_CASE("the gradient of the scores is a (p - onehot), and nothing of openings", "[reinforce]") {
  std::vector<float> x{0.5f, -1.0f, 2.0f, 0.0f}, r{0.1f, 0.2f, -0.3f, 1.0f};
  const auto softmax = [](const std::vector<float>& v) {
    std::vector<double> p;
    double sum = 0;
    for (const float s : v) p.push_back(std::exp(static_cast<double>(s))), sum += p.back();
    for (double& q : p) q /= sum;
    return p;
  };
  const auto p = softmax(x), q = softmax(r);
  tl::cross_entropy(x.data(), 2, 4,
                    {.weight = 0.5f, .reference = r.data(), .beta = 0.3f, .target = -2.0f});
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(static_cast<double>(x[i]) ==
          Approx(0.5 * ((-2.0 + 0.3) * p[i] + (i == 2 ? 2.0 : 0.0) - 0.3 * q[i])).margin(1e-6));
}

TEST_CASE("reinforcing raises a reward, and a divergence that costs holds it back", "[reinforce]") {
  double rewards[2], divergences[2];
  for (const bool is_free : {true, false}) {
    model_type model = random_model<model_type::blueprint>();
    auto options = quick();
    if (!is_free) options.beta = 3.0f;
    tl::training_pass pass(model, {.sequences = 16, .length = 9});
    tl::reinforcing<model_type, decltype(pass)> coach(model, pass, options);
    const auto first = coach.step(openings_of(30), low_share).value();
    const auto last = coach.run(openings_of(30), low_share).value();
    CHECK(first.divergence == Approx(0).margin(1e-6));
    rewards[is_free] = last.reward - first.reward;
    divergences[is_free] = last.divergence;
  }
  CHECK(rewards[1] > 0.4);
  CHECK(rewards[0] < rewards[1]);
  CHECK(divergences[0] < divergences[1]);
}

TEST_CASE("what cannot be reinforced is said in sentences", "[reinforce]") {
  model_type model = random_model<model_type::blueprint>();
  tl::training_pass pass(model, {.sequences = 16, .length = 9});
  auto options = quick();
  options.responses = 1;
  tl::reinforcing<model_type, decltype(pass)> alone(model, pass, options);
  CHECK(alone.step(openings_of(3), low_share).error().message ==
        "reinforcing: expected openings and at least 2 responses to each, found 3 openings and "
        "responses = 1.");
  tl::reinforcing<model_type, decltype(pass)> coach(model, pass, quick());
  const auto before = model.parameters.blocks[0].ffn.up.elements[5];
  CHECK(coach.step(openings_of(3), [](const tl::trajectory&) { return std::nan(""); })
            .error()
            .message.find("expected rewards, divergence and gradients to be finite") !=
        std::string::npos);
  CHECK(model.parameters.blocks[0].ffn.up.elements[5] == before);
}
