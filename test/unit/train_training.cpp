#include "train_run_fixture.hpp"

using namespace test;

TEST_CASE("a run tells what it does, and sums it up", "[train]") {
  const tiny_run with("trainer_events");
  tl::train_options o = with.options("run");
  o.curve = with.path("curve.svg");
  std::string seen;
  o.on_event = [&](const tl::training_event& e) {
    seen += "rsvc!"[static_cast<std::size_t>(e.what)];
    CHECK(e.steps == 40);
  };
  o.stop = [&seen] { return seen.size() > 10; };
  tiny_learner learner = with.learner();
  const auto first = tl::train(learner, with.data(), tiny_optimiser(), o);
  REQUIRE(first);
  CHECK(seen ==
        "sssssssc"
        "sv"
        "s"
        "c");
  CHECK(first->steps_run == 9);
  CHECK(first->steps_left == 31);
  CHECK(first->checkpoint == with.path("run/step_000000000009.safetensors"));
  CHECK(first->validation.step == 8);
  seen.clear();
  o.stop = {};
  const auto second = tl::train(learner, with.data(), tiny_optimiser(), o);
  REQUIRE(second);
  CHECK(
      seen.starts_with("rsssss"
                       "c"));
  CHECK(second->steps_left == 0);
  CHECK(second->last.step == 40);
  CHECK(second->validation.step == 40);
  CHECK(contents_of(o.curve).find("</svg>") != std::string::npos);
  const auto third = tl::train(learner, with.data(), tiny_optimiser(), o);  // nothing is left
  REQUIRE(third);
  CHECK(third->steps_run == 0);
  CHECK(third->steps_left == 0);
}
