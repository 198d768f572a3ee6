#ifndef TRILITH_TRAIN_TOKEN_FILE_HPP
#define TRILITH_TRAIN_TOKEN_FILE_HPP

#include <trilith/core/error.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/text/tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// A corpus as token ids in one file; docs/token_file.md has its layout, byte by byte.
namespace trilith {

/// What the header of a token file says.
struct token_facts {
  std::uint64_t tokens = 0;       ///< all of them, begin and end tokens included
  std::uint64_t documents = 0;    ///< at least one
  std::uint64_t text_bytes = 0;   ///< of the documents' text, for bits per byte
  std::uint64_t vocabulary = 0;   ///< every token is below
  std::uint64_t tokenizer = 0;    ///< tokenizer_hash() of the tokenizer
  std::uint32_t token_bytes = 2;  ///< 2, or 4 where the vocabulary has more than 65536 pieces
  std::int32_t bos = -1;          ///< what each document begins with; -1: nothing
  std::int32_t eos = -1;          ///< what each document ends with

  bool operator==(const token_facts&) const = default;
};

/// A document's place in a token file.
struct token_range {
  std::size_t first = 0, count = 0;  ///< tokens, begin and end tokens included
  std::uint64_t text_bytes = 0;      ///< of the text they came from
};

/// The tokens of a corpus, mapped from a file that open_tokens() has checked. Any number of threads
/// may read it.
class token_file {
 public:
  static constexpr std::size_t header_bytes = 128;

  /// `file` holds what `facts` says; open_tokens() makes sure of it.
  token_file(io::mapped_file file, const token_facts& facts) noexcept
      : file_(std::move(file)), facts_(facts) {}

  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
  [[nodiscard]] const token_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] std::size_t size() const noexcept { return facts_.tokens; }
  [[nodiscard]] std::size_t documents() const noexcept { return facts_.documents; }

  /// Token i < size().
  [[nodiscard]] std::int32_t operator[](std::size_t i) const noexcept {
    TRILITH_PRECONDITION(i < size(), "token_file: a token past the last one was asked for.");
    const unsigned char* const at = file_.bytes().data() + header_bytes + i * facts_.token_bytes;
    if (facts_.token_bytes == 4) return static_cast<std::int32_t>(load<std::uint32_t>(at));
    return load<std::uint16_t>(at);
  }

  /// Fills `out` with the tokens from `first` on; first + out.size() <= size().
  void copy(std::size_t first, std::span<std::int32_t> out) const noexcept {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (*this)[first + i];
  }

  /// Document i < documents(), in O(1).
  [[nodiscard]] token_range document(std::size_t i) const noexcept {
    TRILITH_PRECONDITION(i < documents(), "token_file: a document past the last one.");
    const unsigned char* const entry = file_.bytes().data() + table_offset() + 16 * i;
    const std::size_t first = i == 0 ? 0 : load<std::uint64_t>(entry - 16);
    return {first, load<std::uint64_t>(entry) - first, load<std::uint64_t>(entry + 8)};
  }

  /// Where the table of documents begins: the first multiple of 8 behind the tokens.
  [[nodiscard]] std::size_t table_offset() const noexcept {
    return header_bytes + (facts_.tokens * facts_.token_bytes + 7) / 8 * 8;
  }

 private:
  template <class T>
  [[nodiscard]] static T load(const unsigned char* at) noexcept {
    T value;
    __builtin_memcpy(&value, at, sizeof(T));
    return value;
  }

  io::mapped_file file_;
  token_facts facts_;
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
std::uint64_t hash_of_tokenizer(const text::tokenizer& words);
result<token_file> open_token_file(std::string_view path);
status expect_tokenizer(const token_file& file, const text::tokenizer& words);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// What a token file remembers of its tokenizer: the checksum of docs/token_file.md over the bytes
/// of text::serialize(words), filled up with zeros to a multiple of 8.
[[nodiscard]] inline std::uint64_t tokenizer_hash(const text::tokenizer& words) {
  return TRILITH_IMPLEMENTED::hash_of_tokenizer(words);
}

/// Maps a token file and checks all of it: header, checksums, every token, every document.
///
///     auto corpus = tl::open_tokens("tales.tokens", words);
///     if (!corpus) return std::move(corpus).error();
///
/// Errors, each naming the file, what was expected and what was found: file_not_found, io_failure,
/// truncated; malformed for a foreign file, for bytes behind the end and for damage; unsupported
/// for another version; mismatch for tokens that another tokenizer made. Cost: one pass over the
/// file.
[[nodiscard]] inline result<token_file> open_tokens(std::string_view path) {
  return TRILITH_IMPLEMENTED::open_token_file(path);
}
[[nodiscard]] inline result<token_file> open_tokens(std::string_view path,
                                                    const text::tokenizer& words) {
  auto file = TRILITH_IMPLEMENTED::open_token_file(path);
  if (!file) return file;
  if (status same = TRILITH_IMPLEMENTED::expect_tokenizer(*file, words); !same)
    return std::move(same).error();
  return file;
}

}  // namespace trilith

#endif
