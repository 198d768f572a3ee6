#ifndef TRILITH_TEXT_ENCODE_IMPL_HPP
#define TRILITH_TEXT_ENCODE_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/check_text_impl.hpp>
#include <trilith/text/sentencepiece/words_impl.hpp>
#include <trilith/text/special_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/tokenizer_access_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// `s` with plain spaces, a run of them as one, none at the start. A U+2581 becomes a space that
/// belongs to no run, as in SentencePiece.
[[nodiscard]] inline std::string with_single_spaces(std::string_view s) {
  std::string out;
  bool after_space = true;
  for (std::size_t at = 0; at < s.size();) {
    const bool symbol = s.substr(at).starts_with(space_symbol);
    const bool space = s[at] == ' ';
    if (!space || !after_space) out += symbol ? ' ' : s[at];
    after_space = space;
    at += symbol ? space_symbol.size() : 1;
  }
  return out;
}

/// The text that is cut into pieces: plain spaces, the one in front included.
[[nodiscard]] inline std::string normalized(std::string_view s, const vocabulary& words) {
  std::string out = words.collapse_spaces ? with_single_spaces(s) : with_plain_spaces(s);
  if (!out.empty() && words.dummy_prefix) out.insert(0, 1, ' ');
  while (words.collapse_spaces && out.ends_with(' ')) out.pop_back();
  return out;
}

/// Tokens of a text that has no special pieces in it, appended to `out`.
[[nodiscard]] inline status append_merged(const tokenizer& with, std::string_view text,
                                          std::vector<std::int32_t>& out) {
  const std::string clean = normalized(text, with.vocab());
  if (status good = check_size(clean); !good) return good;
  word_encoder(with, clean.size()).append_tokens(clean, out);
  return done{};
}

/// The same where control pieces are asked for. As in llama.cpp, the text behind one begins anew,
/// with its own space in front.
[[nodiscard]] inline status append_parsed(const tokenizer& with, std::string_view text,
                                          std::vector<std::int32_t>& out) {
  status good = done{};
  const special_finder find(with, matches_control);
  cut_at_special(
      find, with.vocab(), text,
      [&](std::string_view part) {
        if (good) good = append_merged(with, part, out);
      },
      [&](std::int32_t token) { out.push_back(token); });
  return good;
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<std::vector<std::int32_t>> encode_text(const text::tokenizer& with, std::string_view text,
                                              text::encode_options options) {
  using namespace text::detail;
  if (const encoder other = tokenizer_access::encoder_of(with)) return other(with, text, options);
  if (status good = check_text(with, text, options); !good) return std::move(good).error();
  const bool replace = options.invalid == text::invalid_utf8::replace;
  const std::string replaced = replace ? with_replacements(text) : std::string();
  const std::string_view clean = replace ? replaced : text;
  std::vector<std::int32_t> tokens;
  if (options.bos && with.bos() >= 0) tokens.push_back(with.bos());
  const bool parse = options.special == text::special_text::parse;
  status good = parse ? append_parsed(with, clean, tokens) : append_merged(with, clean, tokens);
  if (!good) return std::move(good).error();
  if (options.eos && with.eos() >= 0) tokens.push_back(with.eos());
  return tokens;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
