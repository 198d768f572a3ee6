#ifndef TRILITH_TRAIN_WRITE_TOKENS_HPP
#define TRILITH_TRAIN_WRITE_TOKENS_HPP

#include <trilith/io/safetensors/progress.hpp>
#include <trilith/train/token_file.hpp>

#include <span>
#include <string>
#include <string_view>

namespace trilith {

struct token_options {
  /// What stands between the documents of a file, "<|endoftext|>"; empty: each file is one.
  std::string_view separator = {};
  bool bos = true;           ///< begin each document with BOS, where the vocabulary has one
  io::progress report = {};  ///< bool(fraction, file), called after each document; false cancels
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
result<token_facts> write_token_file(std::string_view path, const text::tokenizer& words,
                                     std::span<const std::string> files,
                                     const token_options& options);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Writes the tokens of text files to one file, which open_tokens() maps:
///
///     header | BOS document EOS | BOS document EOS | ... | table of documents
///
/// A document is what stands between two separators, without the line ends at its two ends; empty
/// ones are left out. The file appears whole under its name or not at all: it is written under a
/// temporary one, synced and renamed.
///
/// Errors: file_not_found and io_failure; invalid_argument without files and for a tokenizer
/// without an end token; invalid_value for files without any text, and for bytes that are not
/// UTF-8, with file, document and offset; cancelled where options.report said so.
/// Cost: one pass over the text. In memory is one document at a time, with some 5 bytes for each of
/// its own (docs/token_file.md), and 16 bytes for each document.
///
///     const std::vector<std::string> files{"grimm.txt", "andersen.txt"};
///     auto facts = tl::write_tokens("tales.tokens", words, files, {.separator = "<|endoftext|>"});
[[nodiscard]] inline result<token_facts> write_tokens(std::string_view path,
                                                      const text::tokenizer& words,
                                                      std::span<const std::string> files,
                                                      const token_options& options = {}) {
  return TRILITH_IMPLEMENTED::write_token_file(path, words, files, options);
}

}  // namespace trilith

#endif
