#include "counting_pool.hpp"
#include "train_run_fixture.hpp"

using namespace test;

namespace {

/// A run that is stopped after every step s for which is_stop(s), and gone on with by a new
/// learner, whose weights are others until the checkpoint's take their place.
template <class IsStop, class Prepare>
std::size_t run_in_parts(const tiny_run& with, tl::train_options options, const IsStop& is_stop,
                         const Prepare& prepare) {
  std::uint64_t step = 0;
  for (std::size_t parts = 1;; ++parts) {
    options.on_event = [&](const tl::training_event& e) { step = e.last.step; };
    options.stop = [&] { return is_stop(step); };
    tiny_learner learner = with.learner(step == 0 ? 1 : 100 + parts);
    prepare(learner);
    const auto done = tl::train(learner, with.data(), tiny_optimiser(), options);
    REQUIRE(done);
    if (done->steps_left == 0) return parts;
  }
}
const auto as_it_is = [](tiny_learner&) {};
const auto never = [](std::uint64_t) { return false; };

/// All of a run: weights, states, counters, rings.
std::vector<unsigned char> end_of(const tiny_run& with, const std::string& name) {
  return bytes_of_file(with.path(name) + "/step_000000000040.safetensors");
}

void check_equal(const tiny_run& with, const std::string& a, const std::string& b) {
  CHECK(end_of(with, a) == end_of(with, b));
  CHECK(log_without_times(with.path(a) + ".csv") == log_without_times(with.path(b) + ".csv"));
}

}  // namespace

TEST_CASE("a run stopped at any steps ends as an uninterrupted one, bit for bit", "[train]") {
  const tiny_run with("train_resume_stops");
  CHECK(run_in_parts(with, with.options("whole"), never, as_it_is) == 1);
  CHECK(lines_of(contents_of(with.path("whole.csv"))).size() == 41);
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const std::string name = "parts" + std::to_string(seed);
    const auto is_stop = [&](std::uint64_t step) { return tl::philox(seed, 1, step)[0] % 4 == 0; };
    CHECK(run_in_parts(with, with.options(name), is_stop, as_it_is) > 4);
    check_equal(with, "whole", name);
  }
}

TEST_CASE("a run goes on from its last checkpoint where later work was lost", "[train]") {
  const tiny_run with("train_resume_lost");
  (void)run_in_parts(with, with.options("whole"), never, as_it_is);
  (void)run_in_parts(with, with.options("lost"), never, as_it_is);
  const std::string last = "lost/step_000000000040.safetensors";
  CHECK(files_in(with.path("lost")) == std::vector<std::string>{"step_000000000028.safetensors",
                                                                "step_000000000035.safetensors",
                                                                "step_000000000040.safetensors"});
  with.with.where.remove(last);
  write_file(with.path("lost/step_000000000042.safetensors.AbCdEf"), "half a checkpoint");
  std::string log = contents_of(with.path("lost.csv"));
  write_file(with.path("lost.csv"), log.substr(0, log.size() - 30));  // half a row
  (void)run_in_parts(with, with.options("lost"), never, as_it_is);
  CHECK(files_in(with.path("lost")).size() == 3);
  check_equal(with, "whole", "lost");
}

TEST_CASE("skipped steps and rollbacks are the same after a resume", "[train]") {
  const tiny_run with("train_resume_spikes", {6, 12, 5});
  for (const auto at : {tl::on_spike::skip, tl::on_spike::roll_back}) {
    const std::string name = at == tl::on_spike::skip ? "skip" : "roll";
    const auto options = [&](const std::string& more) {
      tl::train_options o = with.options(name + more);
      o.steps = 150;
      o.micro_batch = 0;
      o.spike_threshold = 6;
      o.at_spikes = at;
      o.keep_last = 1;
      return o;
    };
    const auto prepare = [&](tiny_learner& l) {
      l.set_mischief(with.train.at(137), mischief::large);
    };
    (void)run_in_parts(with, options("whole"), never, prepare);
    (void)run_in_parts(
        with, options("parts"),
        [](std::uint64_t s) { return s == 128 || s == 136 || s == 137 || s == 138; }, prepare);
    const auto log = log_without_times(with.path(name + "whole.csv"));
    CAPTURE(log[138]);
    CHECK(log[138].find(at == tl::on_spike::skip ? ",spike," : ",rolled_back,") !=
          std::string::npos);
    CHECK(log == log_without_times(with.path(name + "parts.csv")));
    const std::string end = "/step_000000000150.safetensors";
    CHECK(bytes_of_file(with.path(name + "whole") + end) ==
          bytes_of_file(with.path(name + "parts") + end));
  }
}

TEST_CASE("the loss scale is the same after a resume", "[train]") {
  const tiny_run with("train_resume_scale");
  const auto options = [&](const std::string& name) {
    tl::train_options o = with.options(name);
    o.micro_batch = 0;
    o.loss_scaling = true;
    return o;
  };
  const auto prepare = [&](tiny_learner& l) {
    l.set_mischief(with.train.at(5), mischief::not_a_number);  // while lambda grows
  };
  (void)run_in_parts(with, options("whole"), never, prepare);
  const auto is_stop = [](std::uint64_t s) { return s % 5 == 1; };
  (void)run_in_parts(with, options("parts"), is_stop, prepare);
  check_equal(with, "whole", "parts");
  const auto log = log_without_times(with.path("whole.csv"));
  CHECK(log[6].find(",not_finite,") != std::string::npos);
  CHECK(contents_of(with.path("whole/step_000000000040.safetensors"))
            .find("\"now.loss_scale\":\"32768\"") != std::string::npos);
}

TEST_CASE("threads do not change a run", "[train]") {
  const tiny_run with("train_resume_threads", {2, 6, 5});
  std::vector<float> alone;
  for (const std::size_t threads : {1u, 2u, 3u}) {
    const counting_pool pool(threads);
    tiny_learner learner(4200);  // tensors of more than two pieces of update_grain
    tl::train_options o{.steps = 4, .loss_scaling = true};
    o.threads = pool.get();
    REQUIRE(tl::train(learner, with.data(), tiny_optimiser(), o));
    CHECK((pool.shared_loops() > 0) == (threads > 1));
    if (threads == 1) alone = learner.all_weights();
    CHECK(learner.all_weights() == alone);
  }
}
