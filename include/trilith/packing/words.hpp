#ifndef TRILITH_PACKING_WORDS_HPP
#define TRILITH_PACKING_WORDS_HPP

#include <trilith/core/half.hpp>
#include <trilith/core/numeric.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// Eight bytes of a packed tensor at a time, in plain C++. All numbers are little-endian.
namespace trilith::inline TRILITH_ABI::packing::detail {

using word = std::uint64_t;

/// A word of eight equal bytes.
[[nodiscard]] constexpr word every(std::uint8_t byte) noexcept {
  return byte * word{0x0101010101010101};
}

/// Byte i becomes bits 8 i ... 8 i + 7.
[[nodiscard]] constexpr word load_word(const std::uint8_t* bytes) noexcept {
  word value = 0;
  if (std::is_constant_evaluated() || std::endian::native != std::endian::little)
    for (std::size_t i = 0; i < 8; ++i) value |= word{bytes[i]} << (8 * i);
  else
    __builtin_memcpy(&value, bytes, 8);
  return value;
}

template <class Byte>
constexpr void store_word(Byte* bytes, word value) noexcept {
  static_assert(sizeof(Byte) == 1);
  if (std::is_constant_evaluated() || std::endian::native != std::endian::little)
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<Byte>(value >> (8 * i));
  else
    __builtin_memcpy(bytes, &value, 8);
}

/// Non-zero where a 2-bit field is 3, the raw value no ternary code has: the lower bit of each.
[[nodiscard]] constexpr word fields_of_3(word w) noexcept {
  return w & (w >> 1) & every(0x55);
}

/// The codes raw - 1 of eight raw values 0 ... 3, one in a byte.
[[nodiscard]] constexpr word codes_of(word raws) noexcept {
  return ((raws | every(0x80)) - every(0x01)) ^ every(0x80);
}

/// The first of n codes above 1, which is what a 2-bit field of 3 unpacks to; n without one.
[[nodiscard]] constexpr std::size_t first_above_one(const std::int8_t* codes,
                                                    std::size_t n) noexcept {
  std::size_t i = 0;
  while (i < n && codes[i] <= 1) ++i;
  return i;
}

[[nodiscard]] constexpr float load_half(const std::uint8_t* bytes) noexcept {
  return to_float(float16{static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8)});
}

constexpr void store_half(std::uint8_t* bytes, float x) noexcept {
  const std::uint16_t bits = to_float16(x).bits;
  bytes[0] = static_cast<std::uint8_t>(bits);
  bytes[1] = static_cast<std::uint8_t>(bits >> 8);
}

[[nodiscard]] constexpr float load_float(const std::uint8_t* bytes) noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) bits |= std::uint32_t{bytes[i]} << (8 * i);
  return std::bit_cast<float>(bits);
}

constexpr void store_float(std::uint8_t* bytes, float x) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(bits >> (8 * i));
}

}  // namespace trilith::inline TRILITH_ABI::packing::detail

#endif
