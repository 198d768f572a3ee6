#ifndef TRILITH_TEXT_BYTE_LEVEL_SPELLING_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_SPELLING_IMPL_HPP

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace trilith::text::detail {

/// GPT-2's spelling of bytes: printable ones of Latin-1 as themselves, the 68 others in order as
/// U+0100 and on, so that a space is U+0120. [code point] is the byte; -1: none.
[[nodiscard]] inline const std::array<std::int16_t, 0x144>& bytes_of_spelling() {
  static const std::array<std::int16_t, 0x144> table = [] {
    std::array<std::int16_t, 0x144> out;
    out.fill(-1);
    std::size_t next = 0x100;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const bool itself = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
      out[itself ? byte : next++] = static_cast<std::int16_t>(byte);
    }
    return out;
  }();
  return table;
}

/// The bytes that `spelled` stands for; false where a character of it stands for none.
[[nodiscard]] inline bool unspell_bytes(std::string_view spelled, std::string& out) {
  const auto& table = bytes_of_spelling();
  out.clear();
  for (std::size_t at = 0; at < spelled.size(); ++at) {
    unsigned c = static_cast<unsigned char>(spelled[at]);
    if (c >= 0x80) {
      if (c < 0xC2 || c > 0xC5 || at + 1 == spelled.size()) return false;
      const auto tail = static_cast<unsigned char>(spelled[++at]);
      if ((tail & 0xC0) != 0x80) return false;
      c = (c & 0x1F) << 6 | (tail & 0x3Fu);
    }
    if (c >= table.size() || table[c] < 0) return false;
    out += static_cast<char>(table[c]);
  }
  return true;
}

}  // namespace trilith::text::detail

#endif
