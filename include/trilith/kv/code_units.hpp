#ifndef TRILITH_KV_CODE_UNITS_HPP
#define TRILITH_KV_CODE_UNITS_HPP

#include <trilith/config.hpp>

#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI::kv {

/// Sixteen codes in [0, 2^Bits), 2 Bits bytes: little-endian words in which code l has its place
/// at bit l times the word's share of bits.
///
///     8 bits  bytes       4 bits  a word of 64 bits      2 bits  a word of 32 bits
///     3 bits  the lower two bits of each as for 2 bits, then a word of 16 highest bits
template <std::size_t Bits>
struct code_unit {
  static_assert(Bits == 2 || Bits == 3 || Bits == 4 || Bits == 8,
                "trilith::kv::coded<Bits, FirstBits>: bits must be 2, 3, 4 or 8.");
  static constexpr std::size_t codes = 16, bytes = 2 * Bits;

  static void pack(const std::uint8_t* from, unsigned char* to) noexcept {
    if constexpr (Bits == 3) {
      code_unit<2>::pack_low(from, to);
      std::uint16_t top = 0;
      for (std::size_t l = 0; l < codes; ++l)
        top = static_cast<std::uint16_t>(top | (from[l] >> 2) << l);
      __builtin_memcpy(to + 4, &top, 2);
    } else {
      pack_low(from, to);
    }
  }
  [[nodiscard]] static unsigned get(const unsigned char* from, std::size_t l) noexcept {
    if constexpr (Bits == 3)
      return code_unit<2>::get(from, l) | (from[4 + l / 8] >> l % 8 & 1u) << 2;
    else
      return from[l * Bits / 8] >> l * Bits % 8 & ((1u << Bits) - 1);
  }

  /// The lowest Bits of each code; Bits divide 8.
  static void pack_low(const std::uint8_t* from, unsigned char* to) noexcept {
    constexpr std::size_t in_byte = 8 / Bits;
    for (std::size_t b = 0; b < bytes; ++b) {
      unsigned all = 0;
      for (std::size_t k = 0; k < in_byte; ++k)
        all |= (from[b * in_byte + k] & ((1u << Bits) - 1)) << k * Bits;
      to[b] = static_cast<unsigned char>(all);
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
