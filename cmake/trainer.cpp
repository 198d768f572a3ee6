// Writes and reads the checkpoints, logs and curves of training.
#include <trilith/train/trainer_impl.hpp>
