#ifndef TRILITH_TRAIN_VOCABULARY_HPP
#define TRILITH_TRAIN_VOCABULARY_HPP

#include <trilith/io/safetensors/progress.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith {

struct vocabulary_options {
  std::size_t size = 4096;  ///< pieces, the 3 special ones and the 256 bytes included
  /// What stands between the documents of a file, "<|endoftext|>"; it becomes part of no piece.
  std::string_view separator = {};
  /// The share of the corpus's characters that get pieces of their own; the rarest are spelled in
  /// bytes.
  double character_coverage = 0.9995;
  bool split_digits = true;  ///< every digit is a piece by itself, as in LLaMA
  /// bool(fraction, file), called while the corpus is read; false cancels. Merging, most of the
  /// time, goes by unheard: the library tells nobody.
  io::progress report = {};
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
result<std::vector<unsigned char>> train_sentencepiece(std::span<const std::string> files,
                                                       const vocabulary_options& options);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Trains a vocabulary on text files and gives the bytes of SentencePiece's .model: byte-pair
/// encoding with a piece for each byte, 0 <unk>, 1 <s>, 2 </s>, no normalisation and no collapsing
/// of spaces, so that every text of UTF-8 comes back byte for byte (but for U+2581, which the
/// format spells spaces with). Line ends are characters like any other, so that pieces may hold
/// them.
///
/// Errors, in words: file_not_found, io_failure; invalid_argument without files, and for a size
/// that is too small for the corpus's characters or larger than the corpus has pieces for (the
/// sentence has the limit); invalid_value for a corpus without text and for bytes that are not
/// UTF-8; cancelled; unsupported in a build without SentencePiece (Debian: libsentencepiece-dev).
/// Cost: the corpus in memory and some seconds for each 10 MB (docs/token_file.md). The library
/// uses no random numbers: the same files give the same bytes.
[[nodiscard]] inline result<std::vector<unsigned char>> train_sentencepiece(
    std::span<const std::string> files, const vocabulary_options& options = {}) {
  return TRILITH_IMPLEMENTED::train_sentencepiece(files, options);
}

/// The same as a tokenizer; text::serialize() makes bytes of it.
///
///     const std::vector<std::string> files{"grimm.txt", "andersen.txt"};
///     auto words = tl::train_vocabulary(files, {.size = 4096});
[[nodiscard]] inline result<text::tokenizer> train_vocabulary(
    std::span<const std::string> files, const vocabulary_options& options = {}) {
  auto model = TRILITH_IMPLEMENTED::train_sentencepiece(files, options);
  if (!model) return std::move(model).error();
  return text::parse_sentencepiece(*model, "the trained vocabulary");
}

}  // namespace trilith

#endif
