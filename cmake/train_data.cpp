// Defines what brings text to the trainer: vocabularies and token files.
#include <trilith/train/data_impl.hpp>
