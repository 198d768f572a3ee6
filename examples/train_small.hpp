#ifndef TRILITH_EXAMPLES_TRAIN_SMALL_HPP
#define TRILITH_EXAMPLES_TRAIN_SMALL_HPP

#include <trilith/train.hpp>

#include "interrupt.hpp"
#include "training_corpus.hpp"
#include "training_options.hpp"
#include "training_progress.hpp"

/// Trains one of several small models that a program compares, without checkpoints: the same
/// batches for each, until the steps are done or someone interrupts.
template <class Pass>
trilith::result<trilith::training_summary> train_small(Pass& pass, const training_corpus& corpus,
                                                       const training_line& line,
                                                       const trilith::executor& threads,
                                                       std::uint64_t last_stage = 0) {
  const auto batches = trilith::make_batches(corpus.train, line.batch);
  if (!batches) return batches.error();
  const auto checks = trilith::make_batches_in_order(
      corpus.validation, {.batch = line.micro_batch, .length = line.batch.length});
  if (!checks) return checks.error();
  training_progress_line progress(100);
  const auto stop = [] { return was_interrupted != 0; };
  trilith::train_options options{.steps = line.steps, .micro_batch = line.micro_batch};
  options.schedule = schedule_of(line);
  options.validation_batches = line.validation_batches;
  options.last_stage = last_stage;
  options.threads = threads;
  options.on_event = progress;
  options.stop = stop;
  trilith::any_learner learner(pass);
  return trilith::train(learner, {*batches, &*checks}, trilith::adamw{.rate = line.rate}, options);
}

#endif
