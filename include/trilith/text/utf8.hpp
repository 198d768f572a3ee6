#ifndef TRILITH_TEXT_UTF8_HPP
#define TRILITH_TEXT_UTF8_HPP

#include <trilith/config.hpp>

#include <cstddef>
#include <string_view>

namespace trilith::text {

/// U+FFFD, written for a byte that belongs to no character.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

namespace detail {

/// What a lead byte promises: the character's length (0: no character starts so) and the range of
/// its second byte, which rules out overlong forms, surrogates and everything above U+10FFFF.
struct utf8_lead {
  std::size_t length;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

[[nodiscard]] constexpr utf8_lead lead_of(unsigned char byte) noexcept {
  if (byte < 0x80) return {1};
  if (byte < 0xC2 || byte > 0xF4) return {0};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {4};
}

/// How many bytes of `s` fit its first character.
[[nodiscard]] constexpr std::size_t fitting_bytes(std::string_view s, utf8_lead lead) noexcept {
  std::size_t fit = 1;
  for (; fit < lead.length && fit < s.size(); ++fit) {
    const auto byte = static_cast<unsigned char>(s[fit]);
    const bool fits = fit == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xC0) == 0x80;
    if (!fits) break;
  }
  return fit;
}

}  // namespace detail

/// Bytes of the UTF-8 character that `s` starts with; 0 where it starts with none, or with a part
/// of one (RFC 3629, section 4).
[[nodiscard]] constexpr std::size_t character_length(std::string_view s) noexcept {
  if (s.empty()) return 0;
  const detail::utf8_lead lead = detail::lead_of(static_cast<unsigned char>(s[0]));
  return lead.length != 0 && detail::fitting_bytes(s, lead) == lead.length ? lead.length : 0;
}

/// Whether `s` is the beginning of a character that more bytes could complete.
[[nodiscard]] constexpr bool is_incomplete_character(std::string_view s) noexcept {
  if (s.empty()) return false;
  const detail::utf8_lead lead = detail::lead_of(static_cast<unsigned char>(s[0]));
  return s.size() < lead.length && detail::fitting_bytes(s, lead) == s.size();
}

/// The offset of the first byte of `s` that belongs to no character; s.size() where all do.
[[nodiscard]] constexpr std::size_t valid_prefix(std::string_view s) noexcept {
  std::size_t at = 0;
  while (at < s.size()) {
    const std::size_t length = character_length(s.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace trilith::text

#endif
