#ifndef TRILITH_TEXT_DECODE_IMPL_HPP
#define TRILITH_TEXT_DECODE_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/streaming_decoder.hpp>
#include <trilith/text/tokenizer.hpp>
#include <trilith/text/utf8.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trilith::text {

inline constexpr std::string_view unknown_text = " \xE2\x81\x87 ";  // U+2047, as in SentencePiece

inline void streaming_decoder::push_byte(char byte) {
  at_start_ = false;
  waiting_ += byte;
  while (!waiting_.empty() && !is_incomplete_character(waiting_)) {
    const std::size_t length = character_length(waiting_);
    ready_ += length != 0 ? std::string_view(waiting_).substr(0, length) : replacement_character;
    waiting_.erase(0, length != 0 ? length : 1);
  }
}

inline void streaming_decoder::push_text(std::string_view piece) {
  const vocabulary& words = words_->vocab();
  const bool spaced = words.dummy_prefix || words.collapse_spaces;
  const bool drop = at_start_ && spaced && piece.starts_with(' ');
  if (drop) piece.remove_prefix(1);
  ready_ += piece;
  // where spaces collapse, a text begins with none, however many pieces they fill
  if (!piece.empty() || (drop && !words.collapse_spaces)) at_start_ = false;
}

/// Text that stands for no piece: nothing is dropped from it.
inline void streaming_decoder::push_unfit(std::string_view sign) {
  abandon_bytes();
  ready_ += sign;
  at_start_ = false;
}

/// A byte-level piece may end, or begin, inside a character.
inline void streaming_decoder::push_bytes(std::string_view piece) {
  if (waiting_.empty() && valid_prefix(piece) == piece.size()) return push_text(piece);
  for (const char byte : piece) push_byte(byte);
}

inline void streaming_decoder::push_piece(const piece& p, bool starts_text) {
  const bool is_text = p.kind == piece_kind::normal || p.kind == piece_kind::user_defined;
  if (is_text && words_->vocab().pre != pre_tokenizer::none) return push_bytes(p.text);
  if (p.kind == piece_kind::byte) return push_byte(static_cast<char>(detail::spelled_byte(p.text)));
  if (p.kind == piece_kind::unknown) return push_unfit(unknown_text);
  abandon_bytes();
  if (starts_text) at_start_ = true;
  if (is_text) push_text(p.text);
}

inline void streaming_decoder::abandon_bytes() {
  for (; !waiting_.empty(); waiting_.pop_back()) ready_ += replacement_character;
}

}  // namespace trilith::text

namespace trilith::TRILITH_IMPLEMENTED {

void push_token(text::streaming_decoder& decoder, std::int32_t token) {
  const text::vocabulary& words = decoder.words_->vocab();
  decoder.ready_.clear();
  if (token >= 0 && static_cast<std::size_t>(token) < words.pieces.size())
    decoder.push_piece(words.pieces[static_cast<std::size_t>(token)], token == words.bos);
  else
    decoder.push_unfit(text::replacement_character);
}

void finish_text(text::streaming_decoder& decoder) {
  decoder.ready_.clear();
  decoder.abandon_bytes();
}

result<std::string> decode_tokens(const text::tokenizer& with,
                                  std::span<const std::int32_t> tokens) {
  std::string out;
  text::streaming_decoder decoder(with);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || static_cast<std::size_t>(tokens[i]) >= with.size())
      return error{errc::invalid_value, join("Token ", tokens[i], " at index ", i, " is outside ",
                                             "the vocabulary of ", with.size(), " pieces.")};
    out += decoder.push(tokens[i]);
  }
  return out += decoder.finish();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
