#ifndef TRILITH_TEXT_TOKENIZER_IMPL_HPP
#define TRILITH_TEXT_TOKENIZER_IMPL_HPP

// Everything that text/ defines in the implementation file.
#include <trilith/text/decode_impl.hpp>
#include <trilith/text/encode_impl.hpp>
#include <trilith/text/load_tokenizer_impl.hpp>
#include <trilith/text/make_tokenizer_impl.hpp>
#include <trilith/text/serialize_impl.hpp>

#endif
