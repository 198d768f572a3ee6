#ifndef TRILITH_PACKING_BITS_HPP
#define TRILITH_PACKING_BITS_HPP

#include <trilith/packing/packing.hpp>

namespace trilith::inline TRILITH_ABI::packing {

namespace detail {
/// Bits-wide fields, field 0 in the lowest bits.
template <unsigned Bits>
struct bit_fields : planar<8 / Bits> {
  using policy_kind = packing_kind;
  [[nodiscard]] static constexpr std::uint8_t raw(std::uint8_t byte, std::size_t field) noexcept {
    return static_cast<std::uint8_t>((byte >> (Bits * field)) & ((1u << Bits) - 1u));
  }
  [[nodiscard]] static constexpr std::uint8_t join(
      const std::array<std::uint8_t, 8 / Bits>& raws) noexcept {
    unsigned byte = 0;
    for (std::size_t f = 0; f < raws.size(); ++f) byte |= unsigned{raws[f]} << (Bits * f);
    return static_cast<std::uint8_t>(byte);
  }
  [[nodiscard]] static constexpr bool valid(std::uint8_t) noexcept { return true; }
};
}  // namespace detail

/// Binary codes {-1, +1}: bit 0 is -1, bit 1 is +1. 1 bit a weight.
struct bits1 : detail::bit_fields<1> {
  static constexpr std::string_view name = "bits1";
  static constexpr int offset = -1, step = 2, max_code = 1;
};

/// Ternary codes {-1, 0, +1} as 0, 1, 2. 2 bits a weight. The field 3 is invalid.
struct bits2 : detail::bit_fields<2> {
  static constexpr std::string_view name = "bits2";
  static constexpr int offset = -1, step = 1, max_code = 1;
  [[nodiscard]] static constexpr bool valid(std::uint8_t byte) noexcept {
    return (byte & (byte >> 1) & 0x55u) == 0;
  }
};

/// Codes -8 ... 7 as 0 ... 15, for schemes of a user's own. 4 bits a weight.
struct bits4 : detail::bit_fields<4> {
  static constexpr std::string_view name = "bits4";
  static constexpr int offset = -8, step = 1, max_code = 7;
};

/// Codes -128 ... 127 in two's complement. 8 bits a weight.
struct bits8 : planar<1> {
  using policy_kind = packing_kind;
  static constexpr std::string_view name = "bits8";
  static constexpr int offset = -128, step = 1, max_code = 127;
  [[nodiscard]] static constexpr std::uint8_t raw(std::uint8_t byte, std::size_t) noexcept {
    return byte ^ 0x80u;
  }
  [[nodiscard]] static constexpr std::uint8_t join(
      const std::array<std::uint8_t, 1>& raws) noexcept {
    return raws[0] ^ 0x80u;
  }
  [[nodiscard]] static constexpr bool valid(std::uint8_t) noexcept { return true; }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
