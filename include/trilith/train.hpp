#ifndef TRILITH_TRAIN_HPP
#define TRILITH_TRAIN_HPP

/// What training is made of: corpora and batches, forward and backward passes, optimisers,
/// schedules, what is done to gradients, and the trainer, which puts them together.

#include <trilith/backends/float_product.hpp>
#include <trilith/backends/gradient_products.hpp>
#include <trilith/train/any_learner.hpp>
#include <trilith/train/any_schedule.hpp>
#include <trilith/train/batches.hpp>
#include <trilith/train/batches_in_order.hpp>
#include <trilith/train/callback.hpp>
#include <trilith/train/code_statistics.hpp>
#include <trilith/train/curve.hpp>
#include <trilith/train/distillation.hpp>
#include <trilith/train/gradients.hpp>
#include <trilith/train/learner.hpp>
#include <trilith/train/loss_scale.hpp>
#include <trilith/train/loss_sums.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/optimisers/adamw.hpp>
#include <trilith/train/optimisers/grokfast.hpp>
#include <trilith/train/optimisers/muon.hpp>
#include <trilith/train/optimisers/muon_grokfast.hpp>
#include <trilith/train/schedule.hpp>
#include <trilith/train/spike_detector.hpp>
#include <trilith/train/token_file.hpp>
#include <trilith/train/train_options.hpp>
#include <trilith/train/trainer.hpp>
#include <trilith/train/training.hpp>
#include <trilith/train/training_checkpoint.hpp>
#include <trilith/train/training_pass.hpp>
#include <trilith/train/training_text.hpp>
#include <trilith/train/validate.hpp>
#include <trilith/train/vocabulary.hpp>
#include <trilith/train/write_tokens.hpp>

#endif
