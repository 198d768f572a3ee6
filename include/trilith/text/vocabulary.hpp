#ifndef TRILITH_TEXT_VOCABULARY_HPP
#define TRILITH_TEXT_VOCABULARY_HPP

#include <trilith/config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace trilith::text {

/// What a piece stands for.
enum class piece_kind : std::uint8_t {
  normal,        ///< text, made by merging characters or bytes
  unknown,       ///< a character that the vocabulary lacks
  control,       ///< <s>, </s>: made from text only on request, invisible in decoded text
  byte,          ///< one byte, written "<0x0A>"
  user_defined,  ///< text that is matched whole before anything is merged
  unused,        ///< a place holder: never made from text, invisible in decoded text
};

/// How a byte-level vocabulary cuts a text before it merges the bytes of each part
/// (docs/tokenizers.md has the regular expressions). The numbers stand in files.
enum class pre_tokenizer : std::uint8_t {
  none = 0,          ///< not byte-level: SentencePiece, which merges across a whole text
  llama3 = 1,        ///< LLaMA-3: words, digits in threes, punctuation with its line ends
  gpt2 = 2,          ///< GPT-2: words, runs of digits, punctuation, spaces
  qwen2 = 3,         ///< Qwen2: LLaMA-3's, with single digits
  digits_gpt2 = 4,   ///< StarCoder: single digits first, then GPT-2's
  ggml_default = 5,  ///< what llama.cpp does with a GGUF file that names none
};

/// One entry of a vocabulary; its token is its index.
struct piece {
  /// UTF-8, with plain spaces where SentencePiece writes U+2581. Of a byte-level vocabulary: bytes,
  /// which need not be whole characters.
  std::string text;
  float score = 0.0f;  ///< of two possible merges the one with the higher score is made first
  piece_kind kind = piece_kind::normal;
  bool strip_left = false;   ///< matched in text, it swallows the white space before it
  bool strip_right = false;  ///< ... and the white space after it

  bool operator==(const piece&) const = default;
};

/// Two tokens that a byte-level vocabulary merges; earlier ones in the list are merged first.
struct merge_rule {
  std::int32_t left = 0, right = 0;

  bool operator==(const merge_rule&) const = default;
};

/// A vocabulary as plain data, whatever file it came from; make_tokenizer() checks it and makes it
/// usable, make_byte_level_tokenizer() where `pre` is not none.
struct vocabulary {
  std::vector<piece> pieces;
  std::int32_t unknown = -1;     ///< the token of the unknown piece; -1: there is none
  std::int32_t bos = -1;         ///< begin of text; -1: there is none
  std::int32_t eos = -1;         ///< end of text; -1: there is none
  bool dummy_prefix = true;      ///< text is encoded with a space put in front of it
  bool collapse_spaces = false;  ///< spaces at both ends are dropped, runs of them become one

  pre_tokenizer pre = pre_tokenizer::none;
  bool nfc = false;            ///< byte-level: text is first composed to Unicode's NFC
  bool ignore_merges = false;  ///< byte-level: a part that is a piece is not merged, but taken
  /// Byte-level; empty: any two pieces whose union is a piece, the union of the lowest token first.
  std::vector<merge_rule> merges;
  std::vector<std::int32_t> stop;  ///< what ends a text besides eos: <|eot_id|>

  bool operator==(const vocabulary&) const = default;
};

}  // namespace trilith::text

#endif
