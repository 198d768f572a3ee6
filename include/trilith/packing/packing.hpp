#ifndef TRILITH_PACKING_PACKING_HPP
#define TRILITH_PACKING_PACKING_HPP

#include <trilith/core/policy.hpp>
#include <trilith/packing/planar.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI::packing {

/// A Packing stores small integers, the codes, in the fields of bytes laid out as planar.hpp says.
/// A field holds a raw value 0, 1, 2, ...; code = offset + step * raw.
template <class T>
concept Packing = PolicyOf<T, packing_kind> && requires(std::uint8_t byte, std::size_t field) {
  { T::fields } -> std::convertible_to<std::size_t>;
  { T::offset } -> std::convertible_to<int>;
  { T::step } -> std::convertible_to<int>;
  { T::max_code } -> std::convertible_to<int>;
  { T::raw(byte, field) } noexcept -> std::same_as<std::uint8_t>;
  { T::join(std::array<std::uint8_t, T::fields>{}) } noexcept -> std::same_as<std::uint8_t>;
  { T::valid(byte) } noexcept -> std::same_as<bool>;
};

/// Whether P can hold every code of the weights W.
template <class P, class W>
inline constexpr bool holds =
    P::offset <= W::min_code && W::max_code <= P::max_code &&
    (W::min_code - P::offset) % P::step == 0 && W::code_step % P::step == 0;

/// Writes n codes as one packed row of P::row_bytes(n) bytes.
template <Packing P>
constexpr void pack_row(const std::int8_t* codes, std::size_t n, std::uint8_t* bytes) noexcept {
  for (std::size_t first = 0; first < n; first += P::block) {
    const std::size_t width = P::plane_width(n, first);
    for (std::size_t p = 0; p < width; ++p) {
      std::array<std::uint8_t, P::fields> raws{};
      for (std::size_t f = 0; f < P::fields; ++f)
        if (const std::size_t i = first + f * width + p; i < n)
          raws[f] = static_cast<std::uint8_t>((codes[i] - P::offset) / P::step);
      bytes[first / P::fields + p] = P::join(raws);
    }
  }
}

/// Reads the codes [first, min(first + P::block, n)) of a packed row; first is a multiple of
/// P::block. Returns how many.
template <Packing P>
constexpr std::size_t unpack_block(const std::uint8_t* bytes, std::size_t n, std::size_t first,
                                   std::int8_t* codes) noexcept {
  const std::size_t width = P::plane_width(n, first);
  const std::size_t count = min_of(n - first, P::block);
  for (std::size_t f = 0; f < P::fields; ++f) {
    const std::size_t held = f * width < count ? min_of(width, count - f * width) : 0;
    for (std::size_t p = 0; p < held; ++p)
      codes[f * width + p] =
          static_cast<std::int8_t>(P::offset + P::step * P::raw(bytes[first / P::fields + p], f));
  }
  return count;
}

/// All n codes of a packed row.
template <Packing P>
constexpr void unpack_row(const std::uint8_t* bytes, std::size_t n, std::int8_t* codes) noexcept {
  for (std::size_t first = 0; first < n; first += P::block)
    unpack_block<P>(bytes, n, first, codes + first);
}

/// Code i of a packed row of n.
template <Packing P>
[[nodiscard]] constexpr std::int8_t code_at(const std::uint8_t* bytes, std::size_t n,
                                            std::size_t i) noexcept {
  const place at = P::locate(n, i);
  return static_cast<std::int8_t>(P::offset + P::step * P::raw(bytes[at.byte], at.field));
}

/// The first byte of a packed row that no packing produces, or its length when all are valid.
template <Packing P>
[[nodiscard]] constexpr std::size_t first_invalid_byte(const std::uint8_t* bytes,
                                                       std::size_t count) noexcept {
  std::size_t i = 0;
  while (i < count && P::valid(bytes[i])) ++i;
  return i;
}

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
