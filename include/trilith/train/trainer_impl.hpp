#ifndef TRILITH_TRAIN_TRAINER_IMPL_HPP
#define TRILITH_TRAIN_TRAINER_IMPL_HPP

// What cmake/trainer.cpp defines: checkpoints, logs and curves of training.
#include <trilith/train/checkpoint_directory_impl.hpp>
#include <trilith/train/curve_braille_impl.hpp>
#include <trilith/train/curve_svg_impl.hpp>
#include <trilith/train/description_impl.hpp>
#include <trilith/train/expect_training_impl.hpp>
#include <trilith/train/open_training_impl.hpp>
#include <trilith/train/save_training_impl.hpp>
#include <trilith/train/training_log_impl.hpp>
#include <trilith/train/training_text_impl.hpp>

#endif
