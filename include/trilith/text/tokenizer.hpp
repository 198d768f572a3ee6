#ifndef TRILITH_TEXT_TOKENIZER_HPP
#define TRILITH_TEXT_TOKENIZER_HPP

#include <trilith/core/error.hpp>
#include <trilith/text/piece_index.hpp>
#include <trilith/text/vocabulary.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text {

/// What encode() does with a byte that belongs to no UTF-8 character.
enum class invalid_utf8 : std::uint8_t {
  refuse,   ///< an error that names the byte and its offset
  replace,  ///< the byte is encoded as U+FFFD
};

struct encode_options {
  bool bos = true;   ///< begin with the begin-of-text token, where the vocabulary has one
  bool eos = false;  ///< end with the end-of-text token, where the vocabulary has one
  invalid_utf8 invalid = invalid_utf8::refuse;
};

class tokenizer;

}  // namespace trilith::text

namespace trilith::TRILITH_IMPLEMENTED {
result<text::tokenizer> build_tokenizer(text::vocabulary words, std::string_view name);
result<std::vector<std::int32_t>> encode_text(const text::tokenizer& with, std::string_view text,
                                              text::encode_options options);
result<std::string> decode_tokens(const text::tokenizer& with,
                                  std::span<const std::int32_t> tokens);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// Byte-pair encoding as SentencePiece does it: a space is put in front, then of all neighbouring
/// pieces the two whose union has the highest score are merged, leftmost first among equals, until
/// no union is a piece. A character that is no piece becomes its bytes "<0xNN>", or unknown.
///
/// A value: it copies, moves, and is read by any number of threads at once. An empty one knows no
/// piece, and its encode() is an error.
/// @see Kudo, Richardson: "SentencePiece", EMNLP 2018.
///
///     auto words = tl::text::load_tokenizer("tok512.model");
///     auto tokens = words->encode("Once upon a time");  // 1, 403, 407, ...
class tokenizer {
 public:
  tokenizer() = default;

  /// The tokens of `text`, n bytes of UTF-8, in O(n log n). An empty text has no tokens but BOS
  /// and EOS. The spelling of a control piece, "<s>", is text like any other.
  ///
  /// Errors: invalid_value for bytes that are not UTF-8 (see `invalid_utf8`), invalid_argument for
  /// a text of 2 GiB or more and for an empty tokenizer.
  [[nodiscard]] result<std::vector<std::int32_t>> encode(std::string_view text,
                                                         encode_options options = {}) const {
    return TRILITH_IMPLEMENTED::encode_text(*this, text, options);
  }

  /// The text of `tokens`: always valid UTF-8. Control pieces are invisible, the space that
  /// encode() put in front is dropped, unknown pieces read U+2047 between spaces, and a byte that
  /// completes no character reads U+FFFD. Error: invalid_value for a token outside [0, size()).
  [[nodiscard]] result<std::string> decode(std::span<const std::int32_t> tokens) const {
    return TRILITH_IMPLEMENTED::decode_tokens(*this, tokens);
  }

  [[nodiscard]] std::size_t size() const noexcept { return vocab_.pieces.size(); }
  [[nodiscard]] std::int32_t bos() const noexcept { return vocab_.bos; }
  [[nodiscard]] std::int32_t eos() const noexcept { return vocab_.eos; }
  [[nodiscard]] const vocabulary& vocab() const noexcept { return vocab_; }
  [[nodiscard]] const piece_index& index() const noexcept { return index_; }

 private:
  friend result<tokenizer> TRILITH_IMPLEMENTED::build_tokenizer(text::vocabulary, std::string_view);
  tokenizer(vocabulary words, piece_index index)
      : vocab_(std::move(words)), index_(std::move(index)) {}

  vocabulary vocab_;
  piece_index index_;
};

/// A tokenizer of any vocabulary. `name` is what errors call it.
///
/// Errors (malformed): an empty piece, one that is not UTF-8 or longer than 65535 bytes, two pieces
/// spelled alike, a score that is not finite, some but not all 256 byte pieces, special tokens out
/// of range or of the wrong kind, or neither byte pieces nor an unknown piece.
[[nodiscard]] inline result<tokenizer> make_tokenizer(vocabulary words, std::string_view name) {
  return TRILITH_IMPLEMENTED::build_tokenizer(std::move(words), name);
}

}  // namespace trilith::text

#endif
