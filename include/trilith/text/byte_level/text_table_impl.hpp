#ifndef TRILITH_TEXT_BYTE_LEVEL_TEXT_TABLE_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_TEXT_TABLE_IMPL_HPP

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// One to seven bytes as a word, in at most two reads.
[[nodiscard]] inline std::uint64_t last_bytes(const char* from, std::size_t n) {
  if (n >= 4) {
    std::uint32_t low = 0, high = 0;
    std::memcpy(&low, from, 4);
    std::memcpy(&high, from + n - 4, 4);
    return low | std::uint64_t{high} << 32;
  }
  const auto byte = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(from[i])};
  };
  return byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16;
}

/// Eight bytes at a time; it stays inside the process. Each step can be undone, so two texts of the
/// same length, 8 bytes at most, never have the same hash.
[[nodiscard]] inline std::uint64_t quick_hash(std::string_view s) {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15u;
  std::uint64_t hash = s.size() * factor;
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * factor;
    hash ^= hash >> 29;
  };
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + 8 <= s.size(); at += 8) {
    std::memcpy(&word, s.data() + at, 8);
    mix(word);
  }
  if (at < s.size()) mix(last_bytes(s.data() + at, s.size() - at));
  return hash;
}

/// Finds numbers by texts, which stay where they are while the table is used.
class text_table {
 public:
  explicit text_table(std::size_t most) : slots_(std::bit_ceil(2 * most + 2)) {}

  /// The number of `text`; -1 where it was not added.
  [[nodiscard]] std::int32_t find(std::string_view text) const {
    return slots_[place_of(text, quick_hash(text))].number;
  }

  /// The number that `text` already has, or -1 and now it has `number`. At most as many texts as
  /// the constructor was told.
  std::int32_t add(std::string_view text, std::int32_t number) {
    const std::uint64_t hash = quick_hash(text);
    slot& s = slots_[place_of(text, hash)];
    if (s.number >= 0) return s.number;
    s = {text, tag_of(hash), number};
    return -1;
  }

 private:
  struct slot {
    std::string_view text;
    std::uint32_t tag = 0;
    std::int32_t number = -1;

    [[nodiscard]] bool holds(std::string_view t, std::uint32_t its_tag) const {
      return tag == its_tag && text == t;
    }
  };

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
  }
  [[nodiscard]] std::size_t place_of(std::string_view text, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash) & mask;
    while (slots_[at].number >= 0 && !slots_[at].holds(text, tag_of(hash))) at = (at + 1) & mask;
    return at;
  }

  std::vector<slot> slots_;
};

}  // namespace trilith::text::detail

#endif
