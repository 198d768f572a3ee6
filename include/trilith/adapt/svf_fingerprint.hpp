#ifndef TRILITH_ADAPT_SVF_FINGERPRINT_HPP
#define TRILITH_ADAPT_SVF_FINGERPRINT_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace trilith::inline TRILITH_ABI {

/// A hash of 64 bits, to tell weights and files from others by accident, not from forged ones. Each
/// step can be undone, so that one changed word always changes the outcome.
class fingerprint {
 public:
  /// As words of four bytes, the last one filled up with zeros.
  void add(std::span<const unsigned char> bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      std::uint32_t word = 0;
      __builtin_memcpy(&word, bytes.data() + i, min_of<std::size_t>(4, bytes.size() - i));
      add(word);
    }
  }
  void add(std::span<const float> x) noexcept {
    add(std::span(reinterpret_cast<const unsigned char*>(x.data()), x.size_bytes()));
  }
  void add(std::string_view text) noexcept {
    add(std::uint64_t{text.size()});
    add(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  }
  void add(std::uint64_t x) noexcept {
    add(static_cast<std::uint32_t>(x));
    add(static_cast<std::uint32_t>(x >> 32));
  }
  void add(std::uint32_t word) noexcept {
    hash_ = (hash_ ^ word) * 0x100000001B3;  // the prime of Fowler, Noll and Vo
    hash_ ^= hash_ >> 29;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325;
};

/// Of the sizes and the bits of a float matrix. Cost: one pass.
[[nodiscard]] inline std::uint64_t fingerprint_of(span2d<const float> w) noexcept {
  fingerprint sum;
  sum.add(std::uint64_t{w.rows});
  sum.add(std::uint64_t{w.cols});
  for (std::size_t r = 0; r < w.rows; ++r)
    sum.add(std::span<const float>(w.data + r * w.stride, w.cols));
  return sum.value();
}

/// As 16 digits.
[[nodiscard]] inline std::string hexadecimal(std::uint64_t x) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(x));
  return text;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
