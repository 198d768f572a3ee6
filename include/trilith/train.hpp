#ifndef TRILITH_TRAIN_HPP
#define TRILITH_TRAIN_HPP

/// What training is made of: optimisers, schedules, and what is done to gradients.

#include <trilith/train/gradients.hpp>
#include <trilith/train/loss_scale.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/optimisers/adamw.hpp>
#include <trilith/train/optimisers/grokfast.hpp>
#include <trilith/train/optimisers/muon.hpp>
#include <trilith/train/optimisers/muon_grokfast.hpp>
#include <trilith/train/schedule.hpp>
#include <trilith/train/spike_detector.hpp>

#endif
