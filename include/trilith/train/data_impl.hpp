#ifndef TRILITH_TRAIN_DATA_IMPL_HPP
#define TRILITH_TRAIN_DATA_IMPL_HPP

// What brings text to the trainer: an implementation file of its own (cmake/train_data.cpp), so
// that a program which trains no vocabulary does not load SentencePiece's library.
#include <trilith/train/sentencepiece_impl.hpp>
#include <trilith/train/token_file_impl.hpp>
#include <trilith/train/write_tokens_impl.hpp>

#endif
