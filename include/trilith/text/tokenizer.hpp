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

/// What encode() does with the spelling of a control piece, "<|eot_id|>".
enum class special_text : std::uint8_t {
  as_text,  ///< it is text like any other: right for text that someone else wrote
  parse,    ///< it becomes the control token
};

struct encode_options {
  bool bos = true;   ///< begin with the begin-of-text token, where the vocabulary has one
  bool eos = false;  ///< end with the end-of-text token, where the vocabulary has one
  invalid_utf8 invalid = invalid_utf8::refuse;
  special_text special = special_text::as_text;
};

class tokenizer;

namespace detail {
/// How a byte-level tokenizer encodes; null: as SentencePiece. It comes with the tokenizer, so that
/// a program without byte-level tokenizers links neither them nor the Unicode tables they need.
using encoder = result<std::vector<std::int32_t>> (*)(const tokenizer&, std::string_view,
                                                      encode_options);
struct tokenizer_access;
}  // namespace detail

}  // namespace trilith::text

namespace trilith::TRILITH_IMPLEMENTED {
result<text::tokenizer> build_tokenizer(text::vocabulary words, std::string_view name);
result<std::vector<std::int32_t>> encode_text(const text::tokenizer& with, std::string_view text,
                                              text::encode_options options);
result<std::string> decode_tokens(const text::tokenizer& with,
                                  std::span<const std::int32_t> tokens);
std::int32_t find_piece(const text::tokenizer& words, std::string_view text) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// Byte-pair encoding, as SentencePiece does it or on bytes, as the vocabulary has it.
///
/// SentencePiece: a space is put in front, then of all neighbouring pieces the two whose union has
/// the highest score are merged, leftmost first among equals, until no union is a piece. A
/// character that is no piece becomes its bytes "<0xNN>", or unknown. Byte-level: see
/// text/byte_level.hpp.
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
  /// and EOS. The spelling of a control piece, "<s>", is text like any other, unless
  /// options.special says otherwise.
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

  /// The token whose piece is spelled `text`, with plain spaces; -1 where none is. Pieces of all
  /// kinds are found, those that are not normal first.
  [[nodiscard]] std::int32_t find(std::string_view text) const noexcept {
    return TRILITH_IMPLEMENTED::find_piece(*this, text);
  }

  [[nodiscard]] std::size_t size() const noexcept { return vocab_.pieces.size(); }
  [[nodiscard]] std::int32_t bos() const noexcept { return vocab_.bos; }
  [[nodiscard]] std::int32_t eos() const noexcept { return vocab_.eos; }
  [[nodiscard]] const vocabulary& vocab() const noexcept { return vocab_; }
  /// Makes one more token end what a model writes; one outside the vocabulary is left out.
  void add_stop(std::int32_t token) {
    if (token < 0 || token == eos() || static_cast<std::size_t>(token) >= size()) return;
    for (const std::int32_t known : vocab_.stop)
      if (known == token) return;
    vocab_.stop.push_back(token);
  }
  [[nodiscard]] const piece_index& index() const noexcept { return index_; }

 private:
  friend struct detail::tokenizer_access;
  tokenizer(vocabulary words, piece_index index, detail::encoder encoder)
      : vocab_(std::move(words)), index_(std::move(index)), encoder_(encoder) {}

  vocabulary vocab_;
  piece_index index_;
  detail::encoder encoder_ = nullptr;
};

/// A tokenizer of any vocabulary of SentencePiece's kind. `name` is what errors call it.
///
/// Errors (malformed): an empty piece, one that is not UTF-8 or longer than 65535 bytes, two pieces
/// spelled alike, a score that is not finite, some but not all 256 byte pieces, special tokens out
/// of range or of the wrong kind, or neither byte pieces nor an unknown piece. unsupported: a
/// byte-level vocabulary, which make_byte_level_tokenizer() takes.
[[nodiscard]] inline result<tokenizer> make_tokenizer(vocabulary words, std::string_view name) {
  return TRILITH_IMPLEMENTED::build_tokenizer(std::move(words), name);
}

}  // namespace trilith::text

#endif
