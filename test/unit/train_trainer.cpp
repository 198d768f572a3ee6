#include <cmath>

#include "train_trainer_fixture.hpp"

using namespace test;

TEST_CASE("a trainer does what a loop of one's own does", "[train]") {
  const tiny_run with("trainer_loop");
  tl::train_options o = plain_options();
  o.steps = 5;
  o.schedule = tl::cosine{.warmup = 2};
  o.clip = 0.25;
  trained_learner one(with, o);
  tiny_learner by_hand = with.learner();
  const tl::adamw optimiser{.rate = 0.01};
  std::vector<std::span<float>> weights, gradients;
  std::vector<tl::adamw::state> states;
  by_hand.for_each_tensor(
      [&](const tl::tensor_facts& facts, std::span<float> w, std::span<float> g) {
        weights.push_back(w), gradients.push_back(g), states.emplace_back(optimiser, facts);
      });
  by_hand.requantize(1);
  for (std::uint64_t s = 0; s < 5; ++s) {
    by_hand.zero_gradients();
    const tl::loss_sums sums = by_hand.add_gradients(with.train.at(s), 1.0f / 72);
    by_hand.finish_gradients();
    const double norm = tl::clip_global_norm(gradients, 0.25);
    const tl::cosine schedule{.warmup = 2};
    for (std::size_t i = 0; i < weights.size(); ++i)
      optimiser.update(weights[i], gradients[i], states[i], {s, schedule.rate(s, 5), 1}, {});
    by_hand.after_update(5, s);
    const tl::code_statistics codes = by_hand.requantize(1);
    const auto report = one.t.step();
    REQUIRE(report);
    CHECK(report->step == s + 1);
    CHECK(report->loss == sums.mean());
    CHECK(report->gradient_norm == norm);
    CHECK(report->rate == 0.01 * schedule.rate(s, 5));
    CHECK(report->flipped_share == codes.flipped_share());
    CHECK(report->zero_share == codes.zero_share());
    CHECK(report->scale_drift == codes.scale_drift);
    CHECK(std::isnan(report->loss_z));
    CHECK(report->outcome == tl::step_outcome::updated);
    CHECK(report->tokens_per_second > 0);
  }
  CHECK(one.learner.all_weights() == by_hand.all_weights());
  CHECK(one.t.is_done());
  CHECK(one.learner.requantized == 6);
  CHECK(one.learner.finished == 5);
}

TEST_CASE("a trained model predicts its text better, in losses and in bits per byte", "[train]") {
  const tiny_run with("trainer_learns");
  trained_learner one(with);
  const double before = one.t.validate().bits_per_byte;
  double first = 0, last = 0;
  for (int s = 0; s < 200; ++s) {
    const auto report = one.t.step();
    REQUIRE(report);
    (s < 10 ? first : last) += s < 10 || s >= 190 ? report->loss / 10 : 0;
  }
  CHECK(last < first / 2);
  CHECK(one.t.validate().bits_per_byte < before / 2);
}

TEST_CASE("micro-batches have the gradients of the whole batch", "[train]") {
  const tiny_run with("trainer_micro");
  trained_learner whole(with);
  const auto expected = whole.t.step().value();
  for (const std::size_t micro : {1u, 4u, 5u, 6u}) {
    tl::train_options o = plain_options();
    o.micro_batch = micro;
    trained_learner parts(with, o);
    const auto report = parts.t.step().value();
    CHECK(report.loss == Approx(expected.loss).epsilon(1e-12));
    CHECK(report.gradient_norm == Approx(expected.gradient_norm).epsilon(1e-5));
    CHECK(parts.learner.finished == 1);
  }
}

TEST_CASE("bits per byte and perplexity are those of their definitions", "[train]") {
  const tiny_run with("trainer_validates");
  trained_learner one(with);
  tl::loss_sums sums;
  for (std::size_t s = 0; s < with.checked.steps(); ++s)
    sums += one.learner.measure(with.checked.at(s));
  CHECK(sums.tokens == with.file.size() - 1);
  const auto all = one.t.validate();
  CHECK(all.tokens == sums.tokens);
  const auto bytes = static_cast<double>(with.file.facts().text_bytes);
  CHECK(all.bits_per_byte == Approx(sums.sum / std::log(2.0) / bytes));
  CHECK(all.perplexity == Approx(std::exp(sums.sum / static_cast<double>(sums.tokens))));
  const auto part = tl::validate(one.learner, with.checked, 1);
  CHECK(part.tokens == 8 * 32);
  const double mean = one.learner.measure(with.checked.at(0)).mean();
  CHECK(part.perplexity == Approx(std::exp(mean)));
  CHECK(part.bits_per_byte ==
        Approx(mean * static_cast<double>(with.file.size() - 1) / std::log(2.0) / bytes));
}

TEST_CASE("quantisation comes in over its warm-up", "[train]") {
  const tiny_run with("trainer_lambda");
  tl::train_options o = plain_options();
  o.lambda_warmup = 4;
  trained_learner one(with, o);
  CHECK(one.learner.last_lambda == 0.25);
  for (const double lambda : {0.5, 0.75, 1.0, 1.0, 1.0}) {
    REQUIRE(one.t.step());
    CHECK(one.learner.last_lambda == lambda);
  }
}

TEST_CASE("a learner of two stages is told which", "[train]") {
  struct staged_learner : tiny_learner {
    using tiny_learner::tiny_learner;
    explicit staged_learner(const tiny_learner& l) : tiny_learner(l) {}
    bool is_last = false;
    void enter_stage(bool last) { is_last = last; }
  };
  static_assert(tl::StagedLearner<staged_learner> && !tl::StagedLearner<tiny_learner>);
  const tiny_run with("trainer_stages");
  staged_learner learner(with.learner());
  tl::train_options o = plain_options();
  const auto stages = [&](std::uint64_t last_stage) {
    o.last_stage = last_stage;
    auto t = tl::trainer<staged_learner, tl::adamw>::make(learner, with.data(), {}, o).value();
    std::vector<bool> seen{learner.is_last};
    for (int step = 0; step < 3; ++step) {
      REQUIRE(t.step());
      seen.push_back(learner.is_last);
    }
    return seen;
  };
  CHECK(stages(2) == std::vector{false, false, true, true});
  CHECK(stages(0) == std::vector{true, true, true, true});
}

TEST_CASE("options that cannot be are refused in words", "[train]") {
  const tiny_run with("trainer_options");
  const auto refusal = [&](auto change) {
    tl::train_options o = plain_options();
    change(o);
    tiny_learner learner = with.learner();
    return plain_trainer::make(learner, with.data(), {}, o).error();
  };
  const auto check = [&](auto change, std::string_view words) {
    check_error(refusal(change), errc::invalid_argument, words);
  };
  check([](auto& o) { o.steps = 0; }, "training: expected at least one step, found steps = 0.");
  check([](auto& o) { o.micro_batch = 7; }, "a micro_batch of at most the batch's 6 rows, found 7");
  check([](auto& o) { o.clip = -1; }, "expected a clip of 0 or more, found -1.");
  check([](auto& o) { o.clip = std::nan(""); }, "expected a clip of 0 or more, found nan.");
  check([](auto& o) { o.spike_threshold = -2; }, "expected a spike_threshold of 0 to 11.2");
  check([](auto& o) { o.spike_threshold = 12; },
        "expected a spike_threshold of 0 to 11.2, found 12");
  check([](auto& o) { o.checkpoint_every = 5; }, "expected a directory in checkpoints");
  check([](auto& o) { o.resume = true; }, "expected a directory in checkpoints");
  check([](auto& o) { o.spike_threshold = 6, o.at_spikes = tl::on_spike::roll_back; },
        "checkpoint_every above 0");
}

TEST_CASE("a trainer saves and restores without a run", "[train]") {
  const tiny_run with("trainer_save");
  trained_learner one(with);
  for (int s = 0; s < 3; ++s) REQUIRE(one.t.step());
  const std::string path = with.path("three.safetensors");
  REQUIRE(one.t.save(path));
  trained_learner two(with);
  const auto file = tl::training_checkpoint::open(path);
  REQUIRE(file);
  REQUIRE(two.t.restore(*file));
  CHECK(two.t.steps_done() == 3);
  CHECK(two.learner.all_weights() == one.learner.all_weights());
  CHECK(two.t.step()->loss == one.t.step()->loss);
  CHECK(two.learner.all_weights() == one.learner.all_weights());
}
