#ifndef TRILITH_TEXT_SPELLING_IMPL_HPP
#define TRILITH_TEXT_SPELLING_IMPL_HPP

#include <trilith/core/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

inline constexpr std::string_view space_symbol = "\xE2\x96\x81";  // U+2581

[[nodiscard]] inline error malformed(std::string message) {
  return {errc::malformed, std::move(message)};
}

/// "\xNN", as C writes a byte.
[[nodiscard]] inline std::string byte_name(unsigned char byte) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  return std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
}

/// `s` in quotation marks for a message: printable whatever the file held, and never long.
[[nodiscard]] inline std::string in_quotes(std::string_view s) {
  static constexpr std::size_t longest = 40;
  std::string out = "\"";
  for (const char c : s.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F)
      out += byte_name(byte);
    else
      out += c;
  }
  return out += s.size() > longest ? "...\"" : "\"";
}

/// `s` with each U+2581 as a space.
[[nodiscard]] inline std::string with_plain_spaces(std::string_view s) {
  std::string out;
  for (std::size_t at = 0; at < s.size();) {
    const bool space = s.substr(at).starts_with(space_symbol);
    out += space ? ' ' : s[at];
    at += space ? space_symbol.size() : 1;
  }
  return out;
}

/// The byte that "<0xNN>" spells, or -1.
[[nodiscard]] inline int spelled_byte(std::string_view s) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  if (s.size() != 6 || !s.starts_with("<0x") || s[5] != '>') return -1;
  const std::size_t high = digits.find(s[3]);
  const std::size_t low = digits.find(s[4]);
  if (high == digits.npos || low == digits.npos) return -1;
  return static_cast<int>(high * 16 + low);
}

}  // namespace trilith::text::detail

#endif
