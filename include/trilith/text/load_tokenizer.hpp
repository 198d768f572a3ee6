#ifndef TRILITH_TEXT_LOAD_TOKENIZER_HPP
#define TRILITH_TEXT_LOAD_TOKENIZER_HPP

#include <trilith/text/tokenizer.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace trilith::TRILITH_IMPLEMENTED {
result<text::tokenizer> read_tokenizer_file(std::string_view path);
result<text::tokenizer> read_tokenizer(std::span<const unsigned char> bytes, std::string_view name);
std::vector<unsigned char> serialize_tokenizer(const text::tokenizer& words);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// Reads a tokenizer; the content, not the name, says which of two formats the file has:
/// SentencePiece's .model (BPE models with the identity normaliser) or llama2.c's .bin.
///
/// Errors: file_not_found, io_failure, truncated, malformed; unsupported for another kind of
/// SentencePiece model and for other formats. Each names the file and the piece at fault.
[[nodiscard]] inline result<tokenizer> load_tokenizer(std::string_view path) {
  return TRILITH_IMPLEMENTED::read_tokenizer_file(path);
}

/// The same from memory; `name` is what errors call it.
[[nodiscard]] inline result<tokenizer> parse_tokenizer(std::span<const unsigned char> bytes,
                                                       std::string_view name) {
  return TRILITH_IMPLEMENTED::read_tokenizer(bytes, name);
}

/// The bytes of llama2.c's .bin, little-endian:
///
///     i32 longest piece in bytes, then for each piece: f32 score, i32 n, n bytes
///
/// A .bin implies unknown 0, BOS 1, EOS 2, a dummy prefix and no collapsing of spaces. A vocabulary
/// that differs is followed by a record of length -1 that says how, which readers of llama2.c never
/// reach: f32 0, i32 -1, i32 unknown, i32 BOS, i32 EOS, u8 dummy_prefix, u8 collapse_spaces, and
/// one u8 piece_kind for each piece. Parsing the bytes gives an equal vocabulary
/// (test/unit/text_load.cpp).
[[nodiscard]] inline std::vector<unsigned char> serialize(const tokenizer& words) {
  return TRILITH_IMPLEMENTED::serialize_tokenizer(words);
}

}  // namespace trilith::text

#endif
