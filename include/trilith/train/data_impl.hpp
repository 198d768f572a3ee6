#ifndef TRILITH_TRAIN_DATA_IMPL_HPP
#define TRILITH_TRAIN_DATA_IMPL_HPP

// What cmake/train_data.cpp defines. Vocabularies are trained in a file of their own, so that a
// program which trains none does not load SentencePiece's library.
#include <trilith/train/token_file_impl.hpp>
#include <trilith/train/write_tokens_impl.hpp>

#endif
