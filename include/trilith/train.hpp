#ifndef TRILITH_TRAIN_HPP
#define TRILITH_TRAIN_HPP

/// What training is made of: corpora and batches, forward and backward passes, optimisers,
/// schedules, and what is done to gradients.

#include <trilith/backends/float_product.hpp>
#include <trilith/backends/gradient_products.hpp>
#include <trilith/train/batches.hpp>
#include <trilith/train/batches_in_order.hpp>
#include <trilith/train/gradients.hpp>
#include <trilith/train/loss_scale.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/optimisers/adamw.hpp>
#include <trilith/train/optimisers/grokfast.hpp>
#include <trilith/train/optimisers/muon.hpp>
#include <trilith/train/optimisers/muon_grokfast.hpp>
#include <trilith/train/schedule.hpp>
#include <trilith/train/spike_detector.hpp>
#include <trilith/train/token_file.hpp>
#include <trilith/train/training_pass.hpp>
#include <trilith/train/vocabulary.hpp>
#include <trilith/train/write_tokens.hpp>

#endif
