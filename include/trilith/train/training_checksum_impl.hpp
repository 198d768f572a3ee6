#ifndef TRILITH_TRAIN_TRAINING_CHECKSUM_IMPL_HPP
#define TRILITH_TRAIN_TRAINING_CHECKSUM_IMPL_HPP

#include <trilith/train/token_format_impl.hpp>
#include <trilith/train/training_checkpoint.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The format of docs/training_checkpoint.md: its names, and its checksum.
namespace trilith::training_format {

inline constexpr std::string_view format = "trilith training";
inline constexpr std::string_view version = "1";
inline constexpr std::string_view checksum_key = "checksum";

/// The checksum of docs/token_file.md over pieces, each filled up with zeros to a multiple of 8.
class checksum {
 public:
  void add(std::span<const unsigned char> bytes) noexcept {
    const std::size_t whole = bytes.size() / 8 * 8;
    sum_.add(bytes.first(whole));
    if (whole == bytes.size()) return;
    unsigned char rest[8] = {};
    std::memcpy(rest, bytes.data() + whole, bytes.size() - whole);
    sum_.add(rest);
  }
  void add(std::string_view text) noexcept {
    add(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return sum_.value(); }

 private:
  token_format::checksum sum_;
};

/// 16 digits.
[[nodiscard]] inline std::string hexadecimal(std::uint64_t x) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(x));
  return text;
}

/// A tensor as the checksum sees it.
struct summed {
  std::string_view name;
  std::span<const std::uint64_t> shape;
  std::span<const unsigned char> bytes;
};

/// Metadata and tensors in the order of their names; the line "checksum" is left out.
[[nodiscard]] inline std::string checksum_of(std::vector<io::metadata_pair> metadata,
                                             std::vector<summed> tensors) {
  std::sort(metadata.begin(), metadata.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  checksum sum;
  for (const io::metadata_pair& p : metadata)
    if (p.key != checksum_key) sum.add(join(p.key, "=", p.value, "\n"));
  for (const summed& t : tensors) {
    std::string line(t.name);
    for (const std::uint64_t size : t.shape) line += join(" ", size);
    sum.add(line + "\n");
    sum.add(t.bytes);
  }
  return hexadecimal(sum.value());
}

}  // namespace trilith::training_format

#endif
