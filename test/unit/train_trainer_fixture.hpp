#ifndef TRILITH_TEST_UNIT_TRAIN_TRAINER_FIXTURE_HPP
#define TRILITH_TEST_UNIT_TRAIN_TRAINER_FIXTURE_HPP

#include "train_run_fixture.hpp"

namespace test {

using plain_trainer = tl::trainer<tiny_learner, tl::adamw>;

inline tl::train_options plain_options() {
  tl::train_options o{.steps = 200, .schedule = tl::constant{}};
  return o;
}

struct trained_learner {
  tiny_learner learner;
  plain_trainer t;

  explicit trained_learner(const tiny_run& with, const tl::train_options& o = plain_options())
      : learner(with.learner()),
        t(plain_trainer::make(learner, with.data(), tl::adamw{.rate = 0.01}, o).value()) {}
};

}  // namespace test

#endif
