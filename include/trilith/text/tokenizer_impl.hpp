#ifndef TRILITH_TEXT_TOKENIZER_IMPL_HPP
#define TRILITH_TEXT_TOKENIZER_IMPL_HPP

// What text/ defines in the implementation file; byte_level_impl.hpp has the rest.
#include <trilith/text/decode_impl.hpp>
#include <trilith/text/encode_impl.hpp>
#include <trilith/text/find_piece_impl.hpp>
#include <trilith/text/make_tokenizer_impl.hpp>
#include <trilith/text/sentencepiece/load_impl.hpp>
#include <trilith/text/serialize_impl.hpp>

#endif
