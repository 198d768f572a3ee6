#ifndef TRILITH_KV_CODE_UNITS_HPP
#define TRILITH_KV_CODE_UNITS_HPP

#include <trilith/config.hpp>

#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI::kv {

/// Sixteen codes in [0, 2^Bits), 2 Bits bytes, in little-endian words from which vectors take their
/// lanes by shifts:
///
///     8 bits  code l in byte l
///     4 bits  code l in word l % 2 of 32 bits, at bit 4 (l / 2)
///     2 bits  code l at bit 2 l of a word of 32 bits
///     3 bits  the lower two bits of each as for 2 bits, then a word of 16 highest bits
template <std::size_t Bits>
struct code_unit {
  static_assert(Bits == 2 || Bits == 3 || Bits == 4 || Bits == 8,
                "trilith::kv::coded<Bits, FirstBits>: bits must be 2, 3, 4 or 8.");
  static constexpr std::size_t codes = 16, bytes = 2 * Bits;

  /// Where byte b of the unit of lane `lane` lies when the words of sixteen units are stored side
  /// by side.
  [[nodiscard]] static constexpr std::size_t side_by_side(std::size_t b,
                                                          std::size_t lane) noexcept {
    if constexpr (Bits == 8) return b * 16 + lane;
    if (Bits == 3 && b >= 4) return 64 + lane * 2 + b - 4;
    return b / 4 * 64 + lane * 4 + b % 4;
  }

  /// put(b, value) stores byte b.
  template <class Put>
  static void pack(const std::uint8_t* from, const Put& put) noexcept {
    unsigned char all[bytes] = {};
    for (std::size_t l = 0; l < codes; ++l) {
      const unsigned c = from[l];
      if constexpr (Bits == 3) {
        or_into(all[l / 4], (c & 3u) << 2 * (l % 4));
        or_into(all[4 + l / 8], c >> 2 << l % 8);
      } else {
        or_into(all[byte_of(l)], c << shift_of(l));
      }
    }
    for (std::size_t b = 0; b < bytes; ++b) put(b, all[b]);
  }
  /// Code l of a unit whose byte b is at(b).
  template <class At>
  [[nodiscard]] static unsigned get(const At& at, std::size_t l) noexcept {
    if constexpr (Bits == 3)
      return (at(l / 4) >> 2 * (l % 4) & 3u) | (at(4 + l / 8) >> l % 8 & 1u) << 2;
    else
      return at(byte_of(l)) >> shift_of(l) & ((1u << Bits) - 1);
  }

 private:
  [[nodiscard]] static constexpr std::size_t byte_of(std::size_t l) noexcept {
    return Bits == 4 ? 4 * (l % 2) + l / 4 : l * Bits / 8;
  }
  [[nodiscard]] static constexpr std::size_t shift_of(std::size_t l) noexcept {
    return Bits == 4 ? l / 2 % 2 * 4 : l * Bits % 8;
  }
  static void or_into(unsigned char& to, unsigned bits) noexcept {
    to = static_cast<unsigned char>(to | bits);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
