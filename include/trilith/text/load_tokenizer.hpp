#ifndef TRILITH_TEXT_LOAD_TOKENIZER_HPP
#define TRILITH_TEXT_LOAD_TOKENIZER_HPP

#include <trilith/text/tokenizer.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace trilith::TRILITH_IMPLEMENTED {
result<text::tokenizer> read_tokenizer_file(std::string_view path);
result<text::tokenizer> read_tokenizer(std::span<const unsigned char> bytes, std::string_view name);
result<text::tokenizer> read_sentencepiece_file(std::string_view path);
result<text::tokenizer> read_sentencepiece(std::span<const unsigned char> bytes,
                                           std::string_view name);
std::vector<unsigned char> serialize_tokenizer(const text::tokenizer& words);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// Reads a tokenizer; the content, not the name, says which format the file has: SentencePiece's
/// .model (BPE models with the identity normaliser), llama2.c's .bin, Hugging Face's tokenizer.json
/// (byte-level, and SentencePiece's kind), LLaMA-3's tiktoken ranks, or what serialize() writes.
/// docs/tokenizers.md says what of each is read.
///
/// Errors: file_not_found, io_failure, truncated, malformed; unsupported for other formats and
/// kinds, for byte-level tokenizers in a build without ICU and for tokenizer.json in one without
/// nlohmann-json. Each names the file and the piece at fault.
[[nodiscard]] inline result<tokenizer> load_tokenizer(std::string_view path) {
  return TRILITH_IMPLEMENTED::read_tokenizer_file(path);
}

/// The same from memory; `name` is what errors call it.
[[nodiscard]] inline result<tokenizer> parse_tokenizer(std::span<const unsigned char> bytes,
                                                       std::string_view name) {
  return TRILITH_IMPLEMENTED::read_tokenizer(bytes, name);
}

/// load_tokenizer() for SentencePiece's kind alone: .model, .bin, and what serialize() writes of
/// those. A program that loads no other way links no Unicode tables.
[[nodiscard]] inline result<tokenizer> load_sentencepiece(std::string_view path) {
  return TRILITH_IMPLEMENTED::read_sentencepiece_file(path);
}

/// The same from memory; `name` is what errors call it.
[[nodiscard]] inline result<tokenizer> parse_sentencepiece(std::span<const unsigned char> bytes,
                                                           std::string_view name) {
  return TRILITH_IMPLEMENTED::read_sentencepiece(bytes, name);
}

/// A tokenizer as bytes, little-endian. Parsing them gives an equal vocabulary
/// (test/unit/text_load.cpp, test/unit/text_binary.cpp). Those of SentencePiece's kind are written
/// as llama2.c's .bin:
///
///     i32 longest piece in bytes, then for each piece: f32 score, i32 n, n bytes
///
/// A .bin implies unknown 0, BOS 1, EOS 2, a dummy prefix and no collapsing of spaces. A vocabulary
/// that differs is followed by a record of length -1 that says how, which readers of llama2.c never
/// reach: f32 0, i32 -1, i32 unknown, i32 BOS, i32 EOS, u8 dummy_prefix, u8 collapse_spaces, and
/// one u8 piece_kind for each piece.
///
/// Byte-level ones, and those with stop tokens or pieces that strip white space:
///
///     8 bytes  "TLTOKEN1"
///     u8       pre_tokenizer
///     u8       1 dummy_prefix, 2 collapse_spaces, 4 nfc, 8 ignore_merges, 16 scores follow
///     i32 x 3  unknown, BOS, EOS; -1: none
///     u32 s    the number of stop tokens, then s times i32
///     u32 n    the number of pieces, then n times: u8 piece_kind, + 16 strip_left,
///              + 32 strip_right; f32 score, where scores follow; u16 m; m bytes
///     u32 r    the number of merges, then r times: i32 left, i32 right
[[nodiscard]] inline std::vector<unsigned char> serialize(const tokenizer& words) {
  return TRILITH_IMPLEMENTED::serialize_tokenizer(words);
}

}  // namespace trilith::text

#endif
