#ifndef TRILITH_TRAIN_TRAINING_HPP
#define TRILITH_TRAIN_TRAINING_HPP

#include <trilith/train/training_run.hpp>

#include <utility>

namespace trilith::inline TRILITH_ABI {

/// Trains to the end, or until options.stop says so.
///
///     tl::train_options options{.steps = 20'000, .micro_batch = 8, .validate_every = 500};
///     options.checkpoint_every = 500;
///     options.checkpoints = "run";
///     options.resume = true;
///     auto done = tl::train(learner, {*train, &*validation}, tl::adamw{.rate = 1.5e-3}, options);
///     if (!done) return std::move(done).error();
///
/// With the same learner, data and options a run that was stopped or killed at any time and resumed
/// ends with the same weights and states to the last bit, and with the same log but for its times
/// (test/unit/train_training_resume.cpp, test/train_kill.py). The number of threads is free.
///
/// Errors: trainer's; io_failure where a checkpoint, the log or the curve cannot be written, after
/// which the last good checkpoint is there and the weights are in memory; mismatch for checkpoints
/// of another run or model. A damaged checkpoint is passed over for the one before it, with a
/// remark to options.on_event.
template <Learner L, Optimiser O>
[[nodiscard]] result<training_summary> train(L& learner, const training_data& data,
                                             const O& optimiser,
                                             const train_options& options = {}) {
  auto t = trainer<L, O>::make(learner, data, optimiser, options);
  if (!t) return std::move(t).error();
  return detail::training_run<L, O>(*t, data, options).run();
}

}  // namespace trilith::inline TRILITH_ABI

#endif
