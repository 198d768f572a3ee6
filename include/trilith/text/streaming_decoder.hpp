#ifndef TRILITH_TEXT_STREAMING_DECODER_HPP
#define TRILITH_TEXT_STREAMING_DECODER_HPP

#include <trilith/text/tokenizer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace trilith::text {
class streaming_decoder;
}

namespace trilith::TRILITH_IMPLEMENTED {
void push_token(text::streaming_decoder& decoder, std::int32_t token);
void finish_text(text::streaming_decoder& decoder);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// Turns tokens into text as they arrive. What it returns is always whole UTF-8 characters: bytes
/// of an unfinished one wait for the next token, and those that cannot become one read U+FFFD. The
/// pieces it returns, joined, equal decode() of all tokens (test/unit/text_decode.cpp).
///
/// The tokenizer must stay in place while the decoder is used. Once warm, it allocates nothing.
///
///     streaming_decoder decoder(words);
///     for (std::int32_t token : tokens) std::cout << decoder.push(token);
///     std::cout << decoder.finish();
class streaming_decoder {
 public:
  /// start_of_text: the space that encode() puts in front of a text is dropped from the first
  /// visible token. False continues a text. The BOS token always starts one.
  explicit streaming_decoder(const tokenizer& words, bool start_of_text = true)
      : words_(&words), at_start_(start_of_text) {}
  explicit streaming_decoder(tokenizer&&, bool = true) = delete;

  /// The characters that `token` completes; valid until the next call. A token outside the
  /// vocabulary reads U+FFFD.
  std::string_view push(std::int32_t token) {
    TRILITH_IMPLEMENTED::push_token(*this, token);
    return ready_;
  }

  /// U+FFFD for each byte that still waits for the rest of its character; valid until the next
  /// call. The decoder can then be used for the tokens that follow.
  std::string_view finish() {
    TRILITH_IMPLEMENTED::finish_text(*this);
    return ready_;
  }

 private:
  friend void TRILITH_IMPLEMENTED::push_token(streaming_decoder&, std::int32_t);
  friend void TRILITH_IMPLEMENTED::finish_text(streaming_decoder&);

  void push_piece(const piece& p, bool starts_text);
  void push_unfit(std::string_view sign);
  void push_byte(char byte);
  void push_bytes(std::string_view piece);
  void push_text(std::string_view piece);
  void abandon_bytes();

  const tokenizer* words_;
  std::string ready_;    // what the last call returned
  std::string waiting_;  // up to three bytes of an unfinished character
  bool at_start_;
};

}  // namespace trilith::text

#endif
