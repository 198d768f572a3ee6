// Experts are trained by the trainer that all learners have: checkpoints, a stop, and going on.
#include "adapt_svf_fixture.hpp"
#include "train_run_fixture.hpp"

namespace {

using namespace test;

tl::latent<ternary> model_of(const tiny_run& run) {
  tl::shape s = sizes;
  s.vocab = run.file.facts().vocabulary;
  tl::latent<ternary> model(s);
  tl::fill_random(model, 3, 0.05f);
  return model;
}

/// Trains a fresh learner in the run's directory, or goes on with what is there.
template <class Learner>
void train(Learner& learner, const tiny_run& run, const std::string& directory, int steps) {
  tl::train_options o{.steps = 12, .micro_batch = 4, .schedule = tl::constant{}};
  o.checkpoint_every = 5;
  o.checkpoints = run.path(directory);
  o.resume = true;
  const auto stop = [&steps] { return --steps == 0; };
  o.stop = stop;
  const auto done = tl::train(learner, run.data(), tl::adamw{.rate = 0.02, .decay = 0}, o);
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done);
}

}  // namespace

TEST_CASE("a run of singular values that was stopped ends as one that was not", "[adapt]") {
  const tiny_run run("adapt_svf_train");
  const auto factors = tl::decompose(model_of(run)).value();
  const auto trained = [&](const std::string& directory, int steps) {
    auto model = model_of(run);
    tl::training_pass pass(model, {.sequences = 8, .length = 32});
    auto learner = tl::make_svf_learner(pass, factors, tl::every_matrix{}).value();
    train(learner, run, directory, steps);
    return learner.expert();
  };
  const auto whole = trained("whole", 100);
  (void)trained("stopped", 7);
  const auto resumed = trained("stopped", 100);
  REQUIRE(whole.parts.size() == 14);
  std::size_t moved = 0;
  for (const tl::expert_part& p : whole.parts) {
    CHECK(resumed.find(p.name)->z == p.z);
    moved += p.z != std::vector<float>(p.z.size(), 1.0f);
  }
  CHECK(moved == 14);
}

TEST_CASE("channels are trained in the same way", "[adapt]") {
  const tiny_run run("adapt_svf_train_channels");
  auto model = model_of(run);
  tl::training_pass pass(model, {.sequences = 8, .length = 32});
  auto learner = tl::make_channel_learner(pass).value();
  train(learner, run, "channels", 100);
  const auto e = learner.expert();
  CHECK(e.parameters() == 2 * (48 + 24 + 24 + 48 + 112 + 112 + 48));
  for (const tl::expert_part& p : e.parts) CHECK(p.z != std::vector<float>(p.z.size(), 1.0f));
}
