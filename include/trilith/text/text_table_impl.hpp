#ifndef TRILITH_TEXT_TEXT_TABLE_IMPL_HPP
#define TRILITH_TEXT_TEXT_TABLE_IMPL_HPP

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// Eight bytes at a time; it stays inside the process.
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
  word = 0;
  for (unsigned shift = 0; at < s.size(); ++at, shift += 8)
    word |= std::uint64_t{static_cast<unsigned char>(s[at])} << shift;
  mix(word);
  return hash;
}

/// Finds numbers by texts, which stay where they are while the table is used.
class text_table {
 public:
  explicit text_table(std::size_t most) : slots_(std::bit_ceil(2 * most + 2)) {
    texts_.reserve(most);
  }

  /// The number of `text`; -1 where it was not added.
  [[nodiscard]] std::int32_t find(std::string_view text) const {
    return slots_[place_of(text, quick_hash(text))].number;
  }

  /// The number that `text` already has, or -1 and now it has `number`.
  std::int32_t add(std::string_view text, std::int32_t number) {
    const std::uint64_t hash = quick_hash(text);
    slot& s = slots_[place_of(text, hash)];
    if (s.number >= 0) return s.number;
    s = {tag_of(hash), static_cast<std::uint32_t>(texts_.size()), number};
    texts_.push_back(text);
    return -1;
  }

 private:
  struct slot {
    std::uint32_t tag = 0, text = 0;
    std::int32_t number = -1;
  };

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
  }
  [[nodiscard]] std::size_t place_of(std::string_view text, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash) & mask;
    while (slots_[at].number >= 0 &&
           (slots_[at].tag != tag_of(hash) || texts_[slots_[at].text] != text))
      at = (at + 1) & mask;
    return at;
  }

  std::vector<slot> slots_;
  std::vector<std::string_view> texts_;
};

}  // namespace trilith::text::detail

#endif
