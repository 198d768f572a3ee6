#ifndef TRILITH_TEXT_BYTE_LEVEL_PART_CACHE_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_PART_CACHE_IMPL_HPP

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// The tokens of parts that were met before in the same call. Natural text is mostly that. An
/// entry is where the part stood and where its tokens stand among those already written, so nothing
/// is copied; of two parts with one place, the later stays.
class part_cache {
 public:
  explicit part_cache(std::size_t text_bytes)
      : entries_(std::bit_ceil(std::clamp<std::size_t>(text_bytes / 16, 16, 1 << 15))) {}

  struct entry {
    std::uint64_t hash = 0;
    const char* text = nullptr;
    std::uint32_t length = 0;
    std::uint32_t count = 0;
    std::size_t first = 0;  // the only token itself where count is 1

    /// Two texts of one length up to 8 have two hashes: see quick_hash().
    [[nodiscard]] bool holds(std::string_view part, std::uint64_t h) const {
      return hash == h && length == part.size() &&
             (length <= 8 || std::string_view(text, length) == part);
    }
  };

  [[nodiscard]] entry& of(std::uint64_t hash) {
    return entries_[static_cast<std::size_t>(hash >> 20) & (entries_.size() - 1)];
  }

 private:
  std::vector<entry> entries_;
};

}  // namespace trilith::text::detail

#endif
