#include "train_checkpoint_fixture.hpp"

using namespace test;

TEST_CASE("checkpoints of another run are refused, by what differs", "[train]") {
  const finished with("training_other_run");
  const auto other = [&](auto change, std::string_view words) {
    tl::train_options o = with.options();
    change(o);
    check_refusal(with.run(o), errc::mismatch, words);
  };
  other([](auto& o) { o.steps = 10; }, "expected steps = 10, found 9.");
  other([](auto& o) { o.clip = 0.5; }, "expected clip = 0.5, found 1.");
  other([](auto& o) { o.loss_scaling = true; }, "expected loss_scaling = 1, found 0.");
  other([](auto& o) { o.spike_threshold = 6; }, "expected spike_threshold = 6, found 0.");
  other([](auto& o) { o.lambda_warmup = 0; }, "expected lambda_warmup = 0, found 10.");
  other([](auto& o) { o.last_stage = 3; }, "expected last_stage = 3, found 0.");
  other([](auto& o) { o.schedule = tl::constant{}; }, "expected schedule = constant, found cosine");
  other([](auto& o) { o.schedule = tl::cosine{.warmup = 4, .last = 0.1}; },
        "expected schedule.warmup = 4, found 5.");
  check_refusal(with.run(with.options(), tl::adamw{}), errc::mismatch,
                "the checkpoint is another run's: expected optimiser = adamw, found muon.");
  tl::muon_grokfast faster = tiny_optimiser();
  faster.rate = 0.03;
  check_refusal(with.run(with.options(), faster), errc::mismatch,
                "expected optimiser.rate = 0.03, found 0.02.");
  check_refusal(with.run(with.options(), tl::muon_with<tl::scaling::rms>{.rate = 0.02}),
                errc::mismatch, "expected optimiser.filter = none, found grokfast<ema>.");
  tiny_learner learner = with.with.learner();
  const auto longer = tl::make_batches(with.with.file, {6, 13, 5}).value();
  check_refusal(tl::train(learner, {longer}, tiny_optimiser(), with.options()), errc::mismatch,
                "expected length = 13, found 12.");
  const written_tokens more("training_other_corpus", 310);
  const auto corpus = more.open();
  const auto others = tl::make_batches(corpus, {6, 12, 5}).value();
  check_refusal(tl::train(learner, {others}, tiny_optimiser(), with.options()), errc::mismatch,
                "expected corpus.tokens = ");
  CHECK(with.run());
}

TEST_CASE("checkpoints of another model are refused, by the tensor that differs", "[train]") {
  const scratch_directory where("training_other_model");
  const std::string path = where.file("a");
  std::vector<float> x{1, 2, 3};
  const tl::training_snapshot all = small_snapshot(x);
  REQUIRE(tl::save_training_checkpoint(path, all));
  const auto file = tl::training_checkpoint::open(path);
  REQUIRE(file);
  CHECK(file->expect(all));
  const auto refusal = [&](auto change) {
    tl::training_snapshot other = all;
    change(other.tensors);
    return file->expect(other).error();
  };
  check_error(refusal([](auto& t) { t[0].shape = {2}; }), errc::mismatch,
              "another model's: tensor head: expected [2] of F32, found [3] of F32.");
  check_error(refusal([](auto& t) { t[0].name = "tail"; }), errc::mismatch,
              "tensor tail: expected [3] of F32, found none.");
  check_error(refusal([](auto& t) { t.clear(); }), errc::mismatch,
              "tensor head: expected none, found [3] of F32.");
  std::uint64_t step = 0;
  CHECK(file->read("step", step));
  CHECK(step == 3);
  check_error(file->read("stop", step).error(), errc::malformed,
              "a: expected a number now.stop, found none.");
}

TEST_CASE("a new run does not mix its checkpoints with another's", "[train]") {
  const finished with("training_mixed");
  tl::train_options o = with.options();
  o.resume = false;
  check_error(with.run(o).error(), errc::invalid_argument,
              "run: expected no checkpoints for a new run, found ");
}
