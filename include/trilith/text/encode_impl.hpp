#ifndef TRILITH_TEXT_ENCODE_IMPL_HPP
#define TRILITH_TEXT_ENCODE_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/merge_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/tokenizer.hpp>
#include <trilith/text/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// `s` with U+FFFD in place of each byte that belongs to no character.
[[nodiscard]] inline std::string with_replacements(std::string_view s) {
  std::string out;
  while (!s.empty()) {
    const std::size_t valid = valid_prefix(s);
    out += s.substr(0, valid);
    if (valid == s.size()) break;
    out += replacement_character;
    s.remove_prefix(valid + 1);
  }
  return out;
}

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

[[nodiscard]] inline error not_utf8(std::string_view s, std::size_t offset) {
  return {errc::invalid_value,
          join("The text is not valid UTF-8: byte ", offset, " of ", s.size(), ", ",
               byte_name(static_cast<unsigned char>(s[offset])),
               ", begins no character. With invalid_utf8::replace it would read as U+FFFD.")};
}

/// The first reason why `s` cannot be encoded as it is.
[[nodiscard]] inline status check_text(const tokenizer& with, std::string_view s,
                                       encode_options options) {
  if (with.size() == 0)
    return error{errc::invalid_argument, "The tokenizer is empty: load one before encoding text."};
  if (options.invalid == invalid_utf8::replace) return done{};
  const std::size_t valid = valid_prefix(s);
  if (valid != s.size()) return not_utf8(s, valid);
  return done{};
}

/// Tokens are found by 31-bit offsets.
[[nodiscard]] inline status check_size(std::string_view s) {
  if (s.size() < std::size_t{1} << 31) return done{};
  return error{errc::invalid_argument,
               join("The text has ", s.size(), " bytes; at most ", (std::size_t{1} << 31) - 1,
                    " can be encoded at once.")};
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<std::vector<std::int32_t>> encode_text(const text::tokenizer& with, std::string_view text,
                                              text::encode_options options) {
  using namespace text::detail;
  if (status good = check_text(with, text, options); !good) return std::move(good).error();
  const bool replace = options.invalid == text::invalid_utf8::replace;
  const std::string clean = normalized(replace ? with_replacements(text) : text, with.vocab());
  if (status good = check_size(clean); !good) return std::move(good).error();
  std::vector<std::int32_t> tokens;
  if (options.bos && with.bos() >= 0) tokens.push_back(with.bos());
  merger(with, clean).append_tokens(tokens);
  if (options.eos && with.eos() >= 0) tokens.push_back(with.eos());
  return tokens;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
