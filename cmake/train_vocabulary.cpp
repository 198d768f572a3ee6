// Trains vocabularies: apart from train_data.cpp, because of SentencePiece's library.
#include <trilith/train/sentencepiece_impl.hpp>
