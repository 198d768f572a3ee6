#ifndef TRILITH_TEST_FUZZ_ROUND_TRIPS_HPP
#define TRILITH_TEST_FUZZ_ROUND_TRIPS_HPP

#include <trilith/text/streaming_decoder.hpp>
#include <trilith/text/tokenizer.hpp>
#include <trilith/text/utf8.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "fuzz.hpp"

/// What holds for every tokenizer and every text.
namespace fuzz {

[[nodiscard]] inline bool is_utf8(std::string_view text) {
  return trilith::text::valid_prefix(text) == text.size();
}

/// The text of tokens is valid UTF-8, and the same token by token.
inline std::string check_decoding(const trilith::text::tokenizer& words,
                                  const std::vector<std::int32_t>& tokens) {
  const auto whole = words.decode({tokens.data(), tokens.size()});
  bool in_range = true;
  for (const std::int32_t t : tokens)
    in_range = in_range && t >= 0 && static_cast<std::size_t>(t) < words.size();
  expect(static_cast<bool>(whole) == in_range, "tokens are refused, or taken, wrongly.");
  trilith::text::streaming_decoder decoder(words);
  std::string joined;
  for (const std::int32_t t : tokens) {
    const std::string_view part = decoder.push(t);
    expect(is_utf8(part), "a streamed part is not whole characters.");
    joined += part;
  }
  joined += decoder.finish();
  expect(is_utf8(joined), "streamed text is not UTF-8.");
  if (!whole) return {};
  expect(*whole == joined, "text streamed differs from text decoded.");
  return joined;
}

/// Encodes and decodes; "" where the text is refused, which only happens for invalid UTF-8.
inline std::string check_encoding(const trilith::text::tokenizer& words, std::string_view text,
                                  trilith::text::encode_options options) {
  const auto tokens = words.encode(text, options);
  const bool refusable = options.invalid == trilith::text::invalid_utf8::refuse && !is_utf8(text);
  expect(static_cast<bool>(tokens) != refusable, "a text is refused, or taken, wrongly.");
  if (!tokens) return {};
  expect(tokens->size() <= 4 * text.size() + 8, "there are more tokens than bytes.");
  return check_decoding(words, *tokens);
}

}  // namespace fuzz

#endif
