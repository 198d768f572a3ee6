#ifndef TRILITH_TEXT_VOCABULARY_HPP
#define TRILITH_TEXT_VOCABULARY_HPP

#include <trilith/config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace trilith::text {

/// What a piece stands for.
enum class piece_kind : std::uint8_t {
  normal,        ///< text, made by merging characters
  unknown,       ///< a character that the vocabulary lacks
  control,       ///< <s>, </s>: never made from text, invisible in decoded text
  byte,          ///< one byte, written "<0x0A>"
  user_defined,  ///< text that is matched whole before anything is merged
};

/// One entry of a vocabulary; its token is its index.
struct piece {
  std::string text;    ///< UTF-8, with plain spaces where SentencePiece writes U+2581
  float score = 0.0f;  ///< of two possible merges the one with the higher score is made first
  piece_kind kind = piece_kind::normal;

  bool operator==(const piece&) const = default;
};

/// A SentencePiece vocabulary as plain data, whatever file it came from; make_tokenizer() checks
/// it and makes it usable.
struct vocabulary {
  std::vector<piece> pieces;
  std::int32_t unknown = -1;     ///< the token of the unknown piece; -1: there is none
  std::int32_t bos = -1;         ///< begin of text; -1: there is none
  std::int32_t eos = -1;         ///< end of text; -1: there is none
  bool dummy_prefix = true;      ///< text is encoded with a space put in front of it
  bool collapse_spaces = false;  ///< spaces at both ends are dropped, runs of them become one

  bool operator==(const vocabulary&) const = default;
};

}  // namespace trilith::text

#endif
