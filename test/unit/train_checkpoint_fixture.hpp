#ifndef TRILITH_TEST_UNIT_TRAIN_CHECKPOINT_FIXTURE_HPP
#define TRILITH_TEST_UNIT_TRAIN_CHECKPOINT_FIXTURE_HPP

#include "train_run_fixture.hpp"

namespace test {

/// A finished run of a few steps, and what other runs say to its checkpoints.
struct finished {
  tiny_run with;
  std::string last;

  explicit finished(const std::string& name) : with(name) {
    REQUIRE(run());
    last = with.path("run/step_000000000009.safetensors");
  }
  [[nodiscard]] tl::train_options options() const {
    tl::train_options o = with.options("run");
    o.steps = 9;
    o.checkpoint_every = 3;
    return o;
  }
  template <class O = tl::muon_grokfast>
  [[nodiscard]] tl::result<tl::training_summary> run(const tl::train_options& o,
                                                     const O& optimiser = tiny_optimiser()) const {
    tiny_learner learner = with.learner();
    return tl::train(learner, with.data(), optimiser, o);
  }
  [[nodiscard]] tl::result<tl::training_summary> run() const { return run(options()); }
};

inline void check_refusal(const tl::result<tl::training_summary>& r, errc code,
                          std::string_view words) {
  REQUIRE(!r);
  check_error(r.error(), code, words);
  CHECK(r.error().message.find("step_000000000009.safetensors: ") != std::string::npos);
}
inline tl::training_snapshot small_snapshot(std::span<float> x) {
  tl::training_snapshot out;
  out.run.add("optimiser", std::string_view("adamw")), out.run.add("optimiser.rate", 0.1);
  out.now.add("step", 3);
  out.tensors.push_back({"head", {x.size()}, x});
  return out;
}

}  // namespace test

#endif
