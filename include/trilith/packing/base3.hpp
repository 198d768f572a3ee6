#ifndef TRILITH_PACKING_BASE3_HPP
#define TRILITH_PACKING_BASE3_HPP

#include <trilith/packing/packing.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// Ternary codes {-1, 0, +1} as base-3 digits 0, 1, 2, five in a byte: 1.6 bits a weight.
///
///     q = ((((d0 * 3 + d1) * 3 + d2) * 3 + d3) * 3 + d4,  byte = ceil(256 q / 243)
///
/// so byte / 256 is the fraction 0.d0 d1 d2 d3 d4 in base 3, rounded up: digit f is what leaves the
/// top of the byte at its f-th multiplication by 3, without any division. 13 bytes are no such
/// fraction and thus invalid.
struct base3 : planar<5> {
  using policy_kind = packing_kind;
  static constexpr std::string_view name = "base3";
  static constexpr int offset = -1, step = 1, max_code = 1;

  [[nodiscard]] static constexpr std::uint8_t raw(std::uint8_t byte, std::size_t field) noexcept {
    unsigned fraction = byte;
    for (std::size_t f = 0; f < field; ++f) fraction = fraction * 3 & 0xFFu;
    return static_cast<std::uint8_t>(fraction * 3 >> 8);
  }
  [[nodiscard]] static constexpr std::uint8_t join(
      const std::array<std::uint8_t, 5>& digits) noexcept {
    unsigned q = 0;
    for (const std::uint8_t digit : digits) q = q * 3 + digit;
    return static_cast<std::uint8_t>((q * 256 + 242) / 243);
  }
  [[nodiscard]] static constexpr bool valid(std::uint8_t byte) noexcept {
    std::array<std::uint8_t, 5> digits{};
    for (std::size_t f = 0; f < 5; ++f) digits[f] = raw(byte, f);
    return join(digits) == byte;
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
