#ifndef TRILITH_TEXT_PIECE_INDEX_HPP
#define TRILITH_TEXT_PIECE_INDEX_HPP

#include <trilith/text/vocabulary.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace trilith::text {

/// Finds the token of a text among the normal and user-defined pieces: a hash table with linear
/// probing, kept as plain data so that a tokenizer copies and moves by itself.
struct piece_index {
  /// One place of the table of merges; left is -1 where it is empty.
  struct merge_slot {
    std::int32_t left = -1, right = -1, rank = 0, token = 0;
  };

  std::vector<std::int32_t> slots;              ///< a power of two of them; -1 where empty
  std::array<std::int32_t, 256> byte_tokens{};  ///< the token of each byte piece
  bool has_bytes = false;
  bool parts_at_spaces = false;          ///< no text piece has a space behind another character
  std::size_t longest = 0;               ///< bytes of the longest normal piece
  std::size_t longest_user_defined = 0;  ///< bytes of the longest user-defined piece
  std::vector<std::int32_t> special;     ///< the pieces of other kinds than normal, by their text
  std::array<std::uint8_t, 256> special_starts{};  ///< 1 user-defined, 2 control: how those begin
  std::vector<merge_slot> merges;                  ///< byte-level: a power of two of them

  /// FNV-1a, byte by byte, so that the hashes of all prefixes of a text cost one pass.
  static constexpr std::uint64_t hash_start = 0xCBF29CE484222325u;
  [[nodiscard]] static constexpr std::uint64_t hash_step(std::uint64_t hash, char c) noexcept {
    return (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  [[nodiscard]] static constexpr std::uint64_t hash_of(std::string_view s) noexcept {
    std::uint64_t hash = hash_start;
    for (const char c : s) hash = hash_step(hash, c);
    return hash;
  }

  /// The slot that holds the piece `s`, or the empty one where it belongs.
  [[nodiscard]] std::size_t slot_of(const vocabulary& words, std::string_view s,
                                    std::uint64_t hash) const noexcept {
    const std::size_t mask = slots.size() - 1;
    std::size_t slot = static_cast<std::size_t>(hash ^ (hash >> 32)) & mask;
    while (slots[slot] >= 0 && words.pieces[static_cast<std::size_t>(slots[slot])].text != s)
      slot = (slot + 1) & mask;
    return slot;
  }

  /// The token of `s`; -1 where no normal or user-defined piece is spelled so.
  [[nodiscard]] std::int32_t find(const vocabulary& words, std::string_view s,
                                  std::uint64_t hash) const noexcept {
    return slots.empty() ? -1 : slots[slot_of(words, s, hash)];
  }
  [[nodiscard]] std::int32_t find(const vocabulary& words, std::string_view s) const noexcept {
    return find(words, s, hash_of(s));
  }
};

}  // namespace trilith::text

#endif
