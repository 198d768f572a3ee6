#ifndef TRILITH_TEXT_HPP
#define TRILITH_TEXT_HPP

/// All of tokenizers and chat formats.

#include <trilith/text/byte_level.hpp>
#include <trilith/text/chat.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/streaming_decoder.hpp>
#include <trilith/text/utf8.hpp>

#endif
