// Writes and reads token files for training.
#include <trilith/train/data_impl.hpp>
