#ifndef TRILITH_CORE_HALF_HPP
#define TRILITH_CORE_HALF_HPP

#include <bit>
#include <cstdint>

namespace trilith {

/// IEEE binary16 as it lies in memory: 1 sign, 5 exponent, 10 fraction bits.
struct float16 {
  std::uint16_t bits = 0;
  friend constexpr bool operator==(float16, float16) = default;
};

/// bfloat16 as it lies in memory: the upper half of a float.
struct bfloat16 {
  std::uint16_t bits = 0;
  friend constexpr bool operator==(bfloat16, bfloat16) = default;
};

[[nodiscard]] constexpr float to_float(float x) noexcept {
  return x;
}

[[nodiscard]] constexpr float to_float(bfloat16 x) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

/// Exact: every binary16 value is a float. Subnormals are normalised by a subtraction.
[[nodiscard]] constexpr float to_float(float16 x) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(x.bits & 0x8000u) << 16;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(x.bits & 0x7FFFu) << 13;
  const std::uint32_t exponent = magnitude & 0x0F800000u;
  if (exponent == 0x0F800000u) return std::bit_cast<float>(sign | (magnitude + 0x70000000u));
  if (exponent == 0) {
    const float f =
        std::bit_cast<float>(magnitude + 0x38800000u) - std::bit_cast<float>(0x38800000u);
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(f));
  }
  return std::bit_cast<float>(sign | (magnitude + 0x38000000u));
}

/// Nearest, ties to even; NaN stays NaN.
[[nodiscard]] constexpr bfloat16 to_bfloat16(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
    return {static_cast<std::uint16_t>((bits >> 16) | 0x0040u)};
  return {static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16)};
}

/// Nearest, ties to even; beyond 65504 becomes infinity; NaN stays NaN.
[[nodiscard]] constexpr float16 to_float16(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return {static_cast<std::uint16_t>(sign | 0x7E00u)};
  if (magnitude >= 0x477FF000u) return {static_cast<std::uint16_t>(sign | 0x7C00u)};
  if (magnitude < 0x38800000u) {  // subnormal: the float adder shifts and rounds
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return {
        static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u))};
  }
  const std::uint32_t rounded = magnitude + 0xC8000FFFu + ((magnitude >> 13) & 1u);
  return {static_cast<std::uint16_t>(sign | (rounded >> 13))};
}

}  // namespace trilith

#endif
