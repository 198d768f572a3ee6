#ifndef TRILITH_TEXT_CHECK_TEXT_IMPL_HPP
#define TRILITH_TEXT_CHECK_TEXT_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/tokenizer.hpp>
#include <trilith/text/utf8.hpp>

#include <cstring>
#include <string>
#include <string_view>

namespace trilith::text::detail {

/// valid_prefix(), eight bytes at a time where they are ASCII.
[[nodiscard]] inline std::size_t valid_bytes(std::string_view s) {
  std::size_t at = 0;
  while (at < s.size()) {
    std::uint64_t eight = 0x80;
    if (s.size() - at >= 8) std::memcpy(&eight, s.data() + at, 8);
    if ((eight & 0x8080808080808080u) == 0) {
      at += 8;
      continue;
    }
    const std::size_t length = character_length(s.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

/// `s` with U+FFFD in place of each byte that belongs to no character.
[[nodiscard]] inline std::string with_replacements(std::string_view s) {
  std::string out;
  while (!s.empty()) {
    const std::size_t valid = valid_bytes(s);
    out += s.substr(0, valid);
    if (valid == s.size()) break;
    out += replacement_character;
    s.remove_prefix(valid + 1);
  }
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
  const std::size_t valid = valid_bytes(s);
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

#endif
