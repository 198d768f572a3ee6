#ifndef TRILITH_TEXT_BYTE_LEVEL_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_IMPL_HPP

// The part of text/ that needs Unicode tables, and what reaches it: a second implementation file
// (cmake/text.cpp), so that a program which uses none of it links no ICU.
#include <trilith/text/byte_level/encode_impl.hpp>
#include <trilith/text/byte_level/gguf_vocabulary_impl.hpp>
#include <trilith/text/byte_level/tiktoken_impl.hpp>
#include <trilith/text/chat_impl.hpp>
#include <trilith/text/load_tokenizer_impl.hpp>

#endif
