#ifndef TRILITH_BACKENDS_SIMD_CONSTANTS_HPP
#define TRILITH_BACKENDS_SIMD_CONSTANTS_HPP

#include <trilith/packing/base3.hpp>

namespace trilith::simd {

/// A vector's worth of one byte.
template <int Value>
struct byte_vector {
  alignas(64) std::uint8_t of[64];
  constexpr byte_vector() noexcept : of() {
    for (std::uint8_t& byte : of) byte = static_cast<std::uint8_t>(Value);
  }
};
template <int Value>
inline constexpr byte_vector<Value> equal_bytes{};

/// What the kernels look up to read base3: digits 0 to 3 as four pairs of bits, from the lowest up,
/// and digit 4 as the highest pair.
struct base3_lookups {
  alignas(64) std::uint8_t regular[64] = {};      ///< by the lowest six bits, below 0xC0
  alignas(64) std::uint8_t escaped[64] = {};      ///< by the lowest six bits, from 0xC0 on
  alignas(64) std::uint8_t escaped_top[64] = {};  ///< digit 4 of the same
  alignas(16) std::uint8_t low[16] = {};          ///< digits 0 and 1, by bits 0 to 2
  alignas(16) std::uint8_t high[16] = {};         ///< digits 2 and 3, by bits 3 to 5
  alignas(16) std::uint8_t rest[16] = {};         ///< from 0xC0 on, by bits 0 to 3; but two eights
  alignas(16) std::uint8_t rest_top[16] = {};     ///< digit 4 after two eights, by bits 0 to 3
};

[[nodiscard]] constexpr std::uint8_t four_digits(std::size_t byte) noexcept {
  unsigned four = 0;
  for (std::size_t f = 0; f < 4; ++f)
    four |= unsigned{packing::base3::raw(static_cast<std::uint8_t>(byte), f)} << (2 * f);
  return static_cast<std::uint8_t>(four);
}
[[nodiscard]] constexpr std::uint8_t top_digit(std::size_t byte) noexcept {
  return static_cast<std::uint8_t>(packing::base3::raw(static_cast<std::uint8_t>(byte), 4) << 6);
}

[[nodiscard]] constexpr base3_lookups make_base3_lookups() noexcept {
  base3_lookups t;
  for (std::size_t i = 0; i < 64; ++i) {
    t.regular[i] = four_digits(i);
    t.escaped[i] = four_digits(0xC0 | i);
    t.escaped_top[i] = top_digit(0xC0 | i);
  }
  for (std::size_t i = 0; i < 8; ++i) t.low[i] = four_digits(i), t.high[i] = four_digits(i << 3);
  for (std::size_t i = 0; i < 16; ++i)
    t.rest[i] = four_digits(0xC0 | i), t.rest_top[i] = top_digit(0xF0 | i);
  return t;
}
inline constexpr base3_lookups base3_tables = make_base3_lookups();

}  // namespace trilith::simd

#endif
