#include "train_trainer_fixture.hpp"

using namespace test;

TEST_CASE("loss scaling leaves out steps that are not finite, and nothing remembers them",
          "[train]") {
  const tiny_run with("trainer_scaling");
  tl::train_options o = plain_options();
  o.loss_scaling = true;
  trained_learner one(with, o), other(with);
  one.learner.set_mischief(with.train.at(1), mischief::not_a_number);
  const auto good = one.t.step();
  REQUIRE(good);
  CHECK(good->loss == other.t.step()->loss);
  CHECK(good->flipped_share > 0);
  CHECK(one.learner.all_weights() == other.learner.all_weights());  // a power of two is exact
  const auto before = one.learner.all_weights();
  const auto report = one.t.step();
  REQUIRE(report);
  CHECK(report->outcome == tl::step_outcome::not_finite);
  CHECK(report->step == 2);
  CHECK(report->flipped_share == 0);
  CHECK(report->zero_share == good->zero_share);
  CHECK(one.learner.all_weights() == before);
  CHECK(one.t.state().updates == 1);
  CHECK(one.t.state().of_loss.seen == 1);
  CHECK(one.t.state().scale.factor == 0x1p15f);
  CHECK(one.t.step()->outcome == tl::step_outcome::updated);
  CHECK(one.t.state().updates == 2);
}

TEST_CASE("where loss scaling cannot go lower, training ends in words", "[train]") {
  const tiny_run with("trainer_floor");
  tl::train_options o = plain_options();
  o.loss_scaling = true;
  trained_learner one(with, o);
  std::string message;
  for (std::uint64_t s = 0; s < 60 && message.empty(); ++s) {
    one.learner.set_mischief(with.train.at(s), mischief::not_a_number);
    auto report = one.t.step();
    if (!report) message = report.error().message;
  }
  CHECK(message.find("training: step 41: expected the gradients to be finite") == 0);
}

TEST_CASE("a loss that is not finite ends a run, by its step, and keeps the last checkpoint",
          "[train]") {
  const tiny_run with("trainer_nan");
  tl::train_options o = with.options("run");
  o.micro_batch = 0;
  std::vector<float> weights;
  tiny_learner learner = with.learner();
  o.on_event = [&](const tl::training_event&) { weights = learner.all_weights(); };
  learner.set_mischief(with.train.at(10), mischief::not_a_number);
  const auto done = tl::train(learner, with.data(), tiny_optimiser(), o);
  REQUIRE(!done);
  check_error(done.error(), errc::invalid_value,
              "training: step 11: expected the loss to be finite, found infinity or NaN; the "
              "weights are those of step 10.");
  check_error(done.error(), errc::invalid_value,
              "The last checkpoint is " + with.path("run") + "/step_000000000007.safetensors.");
  CHECK(files_in(with.path("run")) == std::vector<std::string>{"step_000000000007.safetensors"});
  CHECK(learner.all_weights() == weights);
}

TEST_CASE("a spike is left out, or rolls back to half the rate", "[train]") {
  const tiny_run with("trainer_spike");
  for (const auto at : {tl::on_spike::skip, tl::on_spike::roll_back}) {
    tl::train_options o = with.options(at == tl::on_spike::skip ? "skip" : "roll");
    o.steps = 144;
    o.micro_batch = 0;
    o.schedule = tl::constant{};
    o.spike_threshold = 6;
    o.at_spikes = at;
    tiny_learner learner = with.learner();
    learner.set_mischief(with.train.at(137), mischief::large);
    std::vector<tl::step_report> steps;
    std::vector<std::vector<float>> weights;
    std::string remark;
    o.on_event = [&](const tl::training_event& e) {
      if (e.what == tl::training_moment::remark) remark = e.text;
      if (e.what != tl::training_moment::step) return;
      steps.push_back(e.last);
      weights.push_back(learner.all_weights());
    };
    const auto done = tl::train(learner, with.data(), tiny_optimiser(), o);
    REQUIRE(done);
    CHECK(done->steps_skipped == 1);
    const auto end = tl::training_checkpoint::open(done->checkpoint);
    REQUIRE(end);
    std::uint64_t updates = 0;
    double rate_factor = 0;
    REQUIRE(end->read("updates", updates));
    REQUIRE(end->read("rate_factor", rate_factor));
    CHECK(updates == (at == tl::on_spike::skip ? 143 : 133 + 6));
    CHECK(rate_factor == (at == tl::on_spike::skip ? 1 : 0.5));
    CHECK(steps[137].loss_z > 6);
    CHECK(steps[136].loss_z < 6);
    if (at == tl::on_spike::skip) {
      CHECK(steps[137].outcome == tl::step_outcome::spike);
      CHECK(weights[137] == weights[136]);
      CHECK(steps[138].rate == steps[136].rate);
    } else {
      CHECK(steps[137].outcome == tl::step_outcome::rolled_back);
      CHECK(weights[137] == weights[132]);  // after 133 steps, 19 times 7
      CHECK(steps[138].rate == steps[136].rate / 2);
      CHECK(remark.find("step 138: a spike; back to ") == 0);
    }
  }
}
