#ifndef TRILITH_PACKING_BASE3_HPP
#define TRILITH_PACKING_BASE3_HPP

#include <trilith/packing/packing.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// Ternary codes {-1, 0, +1} as digits 0, 1, 2, five in a byte: 1.6 bits a weight.
///
/// Two digits make a number in base 3: low = d0 + 3 d1, high = d2 + 3 d3, both 0 ... 8. Of the 81
/// pairs, the 64 without an 8 lie in six bits as they are, below d4; the other 17 follow where d4
/// would be 3, which no digit is:
///
///     bits   7 6   5 4 3   2 1 0
///            d4    high    low         d4 < 3, high < 8, low < 8
///            3     d4   0   low        high = 8
///            3     d4   1   high       low = 8
///            3      3   0 2 6          high = 8, low = 8, for d4 = 0, 1, 2
///
/// So a CPU that looks up six bits at a time has four digits after one lookup and a correction for
/// the bytes above 0xBF (backends/simd/fields-inl.hpp). 13 bytes are no such number and thus
/// invalid.
struct base3 : planar<5> {
  using policy_kind = packing_kind;
  static constexpr std::string_view name = "base3";
  static constexpr int offset = -1, step = 1, max_code = 1;

  [[nodiscard]] static constexpr std::uint8_t raw(std::uint8_t byte, std::size_t field) noexcept {
    return static_cast<std::uint8_t>(all[byte] >> (2 * field) & 3);
  }
  [[nodiscard]] static constexpr std::uint8_t join(
      const std::array<std::uint8_t, 5>& digits) noexcept {
    const int low = digits[0] + 3 * digits[1], high = digits[2] + 3 * digits[3], top = digits[4];
    if (low < 8 && high < 8) return static_cast<std::uint8_t>(top << 6 | high << 3 | low);
    if (low < 8) return static_cast<std::uint8_t>(escape | top << 4 | low);
    if (high < 8) return static_cast<std::uint8_t>(escape | top << 4 | 8 | high);
    return static_cast<std::uint8_t>(both_eight | both_eight_tops[top]);
  }
  [[nodiscard]] static constexpr bool valid(std::uint8_t byte) noexcept {
    if (byte < both_eight) return true;
    const int rest = byte & 15;
    return rest == both_eight_tops[0] || rest == both_eight_tops[1] || rest == both_eight_tops[2];
  }

 private:
  /// The digits of every byte, two bits each from the lowest up.
  struct digit_table {
    std::uint16_t of_byte[256] = {};
    constexpr digit_table() noexcept {
      for (int byte = 0; byte < 256; ++byte)
        of_byte[byte] = all_digits(static_cast<std::uint8_t>(byte));
    }
    constexpr std::uint16_t operator[](std::uint8_t byte) const noexcept { return of_byte[byte]; }
  };
  static const digit_table all;

  struct numbers {
    int low, high;
    std::uint8_t top;
  };
  static constexpr int escape = 0xC0, both_eight = 0xF0;
  /// d4 of the bytes with two eights: codes whose lookup as `low` has no bit that 8, both digits 2,
  /// lacks.
  static constexpr int both_eight_tops[3] = {0, 2, 6};

  [[nodiscard]] static constexpr numbers split(std::uint8_t byte) noexcept {
    const int six = byte & 63, rest = byte & 15;
    if (byte < escape) return {six & 7, six >> 3, static_cast<std::uint8_t>(byte >> 6)};
    if (byte >= both_eight)
      return {8, 8, static_cast<std::uint8_t>(rest == 2 ? 1 : rest == 6 ? 2 : 0)};
    const auto top = static_cast<std::uint8_t>(six >> 4);
    return rest < 8 ? numbers{rest, 8, top} : numbers{8, rest - 8, top};
  }
  [[nodiscard]] static constexpr std::uint16_t all_digits(std::uint8_t byte) noexcept {
    const numbers n = split(byte);
    return static_cast<std::uint16_t>(n.low % 3 | n.low / 3 << 2 | n.high % 3 << 4 |
                                      n.high / 3 << 6 | n.top << 8);
  }
};
inline constexpr base3::digit_table base3::all{};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
