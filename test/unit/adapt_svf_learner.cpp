// Training of singular values: gradients against finite differences, what does not move, and a
// planted expert that is found.
#include <algorithm>

#include "adapt_svf_fixture.hpp"

namespace {

using namespace test;

template <class B>
struct learned {
  tl::latent<B> model = random_model<B>();
  tl::svf_factors factors = tl::decompose(model).value();
  tl::training_pass<tl::latent<B>> pass{model, small_pass};

  auto learner(bool renormalised = true) {
    return tl::make_svf_learner(pass, factors, tl::every_matrix{}, renormalised).value();
  }
};

static_assert(tl::Learner<tl::svf_learner<tl::training_pass<tl::latent<ternary>>>>);
static_assert(tl::RememberingLearner<tl::svf_learner<tl::training_pass<tl::latent<ternary>>>>);

}  // namespace

TEST_CASE("gradients of z are those of finite differences", "[adapt]") {
  const auto batch = random_batch(4, 30);
  for (const bool renormalised : {true, false}) {
    learned<smooth> of;
    auto learner = of.learner(renormalised);
    std::uint64_t seed = 1;
    learner.for_each_tensor([&](const tl::tensor_facts&, std::span<float> z, std::span<float>) {
      auto start = random_z(z.size(), seed++, 1.2f);  // some are negative, none near the bend at 0
      for (float& x : start) x += x < 0 ? -0.1f : 0.1f;
      std::copy(start.begin(), start.end(), z.begin());
    });
    gradients(learner, batch);
    std::vector<std::vector<float>> found;
    learner.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> z, std::span<float> g) {
      const auto name = t.name.substr(0, t.name.size() - 2);
      CHECK((t.rows == 1 && t.cols == of.factors.find(name)->values.rank()));
      CHECK(t.what == tl::role::vector);
      // of equal size, z does nothing: sum z dL/dz = 0
      const double along = dot(z, g), size = std::sqrt(dot(z, z) * dot(g, g));
      if (renormalised)
        CHECK(std::fabs(along) < 1e-5 * size);
      else if (name.ends_with("output") || name.ends_with("down"))  // no norm takes it away
        CHECK(std::fabs(along) > 1e-3 * size);
      found.emplace_back(g.begin(), g.end());
    });
    // along each tensor's own gradient, and for its largest element alone
    for (std::size_t k = 0; k < found.size(); ++k) {
      const auto& g = found[k];
      const auto top = static_cast<std::size_t>(
          std::max_element(g.begin(), g.end(),
                           [](float a, float b) { return std::fabs(a) < std::fabs(b); }) -
          g.begin());
      std::vector<float> one(g.size());
      one[top] = 1;
      const double norm = std::sqrt(dot(g, g));
      for (const auto& direction : {g, one}) {
        const double step = 0.01 / std::sqrt(dot(direction, direction));
        const auto moved = [&](double by) {
          std::size_t at = 0;
          learner.for_each_tensor(
              [&](const tl::tensor_facts&, std::span<float> z, std::span<float>) {
                for (std::size_t i = 0; at == k && i < z.size(); ++i)
                  z[i] += static_cast<float>(by * step * static_cast<double>(direction[i]));
                ++at;
              });
        };
        moved(1);
        const double above = loss_of(learner, batch);
        moved(-2);
        const double below = loss_of(learner, batch);
        moved(1);
        INFO(k << ", renormalised " << renormalised);
        CHECK((above - below) / (2 * step) ==
              Approx(dot(g, direction)).epsilon(3e-3).margin(5e-4 * norm + 1e-3));
      }
    }
  }
}

TEST_CASE("z that begins as 1 is the model itself, to the last bit", "[adapt]") {
  learned<ternary> of;
  const auto before = hidden_weights(of.model);
  const auto batch = random_batch(4, 30);
  const double loss = of.pass.measure(batch).sum;
  auto learner = of.learner();
  CHECK(loss_of(learner, batch) == loss);
  CHECK(hidden_weights(of.model) == before);
  CHECK(learner.parameters() == 2 * (5 * 48 + 2 * 24));
  // an expert and back
  const auto e = random_expert(of.factors, 3);
  REQUIRE(learner.begin_from(e));
  CHECK(loss_of(learner, batch) != loss);
  CHECK(learner.expert().find("blocks.1.ffn.up")->z == e.find("blocks.1.ffn.up")->z);
  auto applied = random_model<ternary>();
  REQUIRE(tl::apply_expert(e, of.factors, applied));
  CHECK(hidden_weights(of.model) == hidden_weights(applied));
  learner.restore();
  CHECK(hidden_weights(of.model) == before);
  // an expert of fewer matrices leaves the others at 1
  REQUIRE(learner.begin_from({.parts = {{"blocks.0.ffn.up", random_z(48, 1)}}}));
  CHECK(learner.expert().find("blocks.1.ffn.up")->z == std::vector<float>(48, 1.0f));
  check_fails(learner.begin_from({.parts = {{"blocks.0.ffn.up", random_z(47, 1)}}}).error(),
              tl::errc::mismatch, "0 of the expert's 1 matrices");
  check_fails(learner.begin_from({.parts = {}, .renormalised = false}).error(), tl::errc::mismatch,
              "not renormalised as they are");
}

TEST_CASE("a learner refuses factors that are not of its weights", "[adapt]") {
  learned<ternary> of;
  const auto ffn = tl::decompose(of.model, tl::feed_forward_matrices{}).value();
  // without a word on it, feed-forward matrices alone
  const auto learner = tl::make_svf_learner(of.pass, ffn).value();
  CHECK(learner.parameters() == 2 * 3 * 48);
  check_fails(tl::make_svf_learner(of.pass, ffn, tl::every_matrix{}).error(), tl::errc::mismatch,
              "svf_factors: tensor blocks.0.attention.query: expected singular values of a matrix "
              "[48, 48], found none.");
  check_fails(tl::make_svf_learner(of.pass, ffn, [](std::string_view) { return false; }).error(),
              tl::errc::invalid_argument, "no matrix is wanted");
  of.model.parameters.blocks[1].ffn.up.elements[3] *= 1.5f;
  check_fails(tl::make_svf_learner(of.pass, ffn).error(), tl::errc::mismatch,
              "tensor blocks.1.ffn.up: expected weights with the fingerprint");
}

TEST_CASE("a planted expert is found, and a shuffled one is none", "[adapt]") {
  tl::latent<smooth> model(sizes), planted;
  tl::fill_random(model, 3, 0.2f);
  planted = model;
  const auto factors = tl::decompose(model, tl::feed_forward_matrices{}).value();
  const auto truth = random_expert(factors, 50, 0.6f);
  REQUIRE(tl::apply_expert(truth, factors, planted));
  auto wrong = model;
  REQUIRE(tl::apply_expert(tl::shuffled(truth, 1), factors, wrong));

  tl::training_pass student(model, small_pass), teacher(planted, small_pass),
      other(wrong, small_pass);
  auto z = tl::make_svf_learner(student, factors).value();
  tl::distillation learner(z, teacher, 200.0f);  // beside which the random targets hardly count
  tl::parameters<tl::adamw> parameters(tl::adamw{.rate = 0.02, .decay = 0}, learner, 1);
  const auto batch = random_batch(4, 30);
  const auto divergence = [&](auto& from) {  // of the teacher from it, by distillation's own sum
    tl::distillation to(from, teacher, 1.0f);
    to.zero_gradients();
    return to.add_gradients(batch, 1.0f).divergence;
  };
  const double at_first = divergence(student), shuffled = divergence(other);
  for (std::size_t i = 0; i < 150; ++i) {
    learner.requantize();
    learner.zero_gradients();
    (void)learner.add_gradients(batch, 1.0f / (120 * 200));
    learner.finish_gradients();
    parameters.update({.step = i, .rate = i < 100 ? 1.0 : 0.2}, {});
  }
  learner.requantize();
  const double at_last = divergence(student);
  CHECK(at_last < at_first / 1000);
  CHECK(shuffled > at_first / 2);  // the control: the same numbers elsewhere do not help
  for (const auto& p : z.expert().parts) {
    INFO(p.name);
    CHECK(correlation(p.z, truth.find(p.name)->z) > 0.99);
    CHECK(std::fabs(correlation(p.z, tl::shuffled(truth, 1).find(p.name)->z)) < 0.5);
  }
}

TEST_CASE("singular values are trained through the quantiser, and packing gives that model",
          "[adapt]") {
  learned<ternary> of;
  const auto before = tl::pack(of.model);
  auto z = of.learner();
  tl::any_learner learner(z);
  tl::parameters<tl::adamw> parameters(tl::adamw{.rate = 0.02, .decay = 0}, learner, 1);
  const auto batch = random_batch(4, 30);
  const double at_first = loss_of(z, batch);
  for (std::size_t i = 0; i < 60; ++i) {
    gradients(learner, batch);
    parameters.update({.step = i}, {});
  }
  CHECK(loss_of(z, batch) < 0.95 * at_first);
  const auto after = tl::pack(of.model);
  const auto &p = before.parameters.blocks[0].ffn.down, &q = after.parameters.blocks[0].ffn.down;
  CHECK_FALSE(std::equal(p.codes.begin(), p.codes.end(), q.codes.begin()));
  auto session = tl::session<std::remove_cvref_t<decltype(after)>>::open(after).value();
  const auto scores = of.pass.logits(of.pass.forward(batch).rows_from(0, 30));
  std::size_t far = 0;
  REQUIRE(session.score(0, {&batch.tokens()(0, 0), 30}, [&](std::size_t t, std::span<float> s) {
    for (std::size_t i = 0; i < s.size(); ++i)
      far += std::fabs(s[i] - scores(t, i)) > 1e-5f * std::fabs(scores(t, i)) + 1e-6f;
  }));
  CHECK(far == 0);
}
