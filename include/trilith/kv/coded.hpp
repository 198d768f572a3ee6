#ifndef TRILITH_KV_CODED_HPP
#define TRILITH_KV_CODED_HPP

#include <trilith/core/half.hpp>
#include <trilith/core/name.hpp>
#include <trilith/kv/blocked.hpp>
#include <trilith/kv/code_units.hpp>
#include <trilith/kv/kv.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// One head's key or value x: [head_dim] of one position in B bits, unsigned, with a scale of its
/// own:
///
///     h = half(max|x| / 2^B)     c_i = clip(floor(x_i / 2h) + 2^(B-1), 0, 2^B - 1)
///     x_i ~ h (2 c_i + 1 - 2^B)
///
/// The 2^B values lie around zero, none on it, with half a step to either end; docs/decisions.md
/// says why.
template <std::size_t B>
struct coded_row {
  using unit = code_unit<B>;
  static constexpr float middle = static_cast<float>(std::size_t{1} << (B - 1));
  static constexpr float largest = 65504.0f;  ///< of h

  /// The scale, a binary16, then units of 16 codes; the last is filled up.
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t head_dim) noexcept {
    return sizeof(float16) + ceil_div(head_dim, unit::codes) * unit::bytes;
  }
  /// Where NaN is among them all become 0, beyond 65504 * 2^B magnitudes are clipped.
  TRILITH_EXACT_FLOAT static void put(const float* x, std::size_t n, unsigned char* to) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float top = absmax(x, n) / (2 * middle);
    const float16 half = to_float16(top == top ? min_of(top, largest) : 0.0f);
    __builtin_memcpy(to, &half, sizeof half);
    const float step = 2 * to_float(half), inverse = step > 0 ? 1 / step : 0.0f;
    for (std::size_t first = 0; first < n; first += unit::codes) {
      std::uint8_t codes[unit::codes] = {};
      for (std::size_t i = first; i < min_of(first + unit::codes, n); ++i)
        codes[i - first] = code_of(x[i] * inverse + middle);
      unit::pack(codes, to + sizeof half + first / unit::codes * unit::bytes);
    }
  }
  TRILITH_EXACT_FLOAT [[nodiscard]] static float get(const unsigned char* from,
                                                     std::size_t i) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const unsigned char* const units = from + sizeof(float16);
    const unsigned c = unit::get(units + i / unit::codes * unit::bytes, i % unit::codes);
    return scale(from) * (static_cast<float>(2 * c + 1) - 2 * middle);
  }
  [[nodiscard]] static float scale(const unsigned char* from) noexcept {
    float16 half;
    __builtin_memcpy(&half, from, sizeof half);
    return to_float(half);
  }

 private:
  /// floor(v) in range; NaN takes the lowest.
  [[nodiscard]] static std::uint8_t code_of(float v) noexcept {
    constexpr float most = 2 * middle - 1;
    return static_cast<std::uint8_t>(v > 0.0f ? (v < most ? v : most) : 0.0f);
  }
};

namespace detail {
inline constexpr std::string_view coded_name = "int";
inline constexpr std::string_view open_angle = "<";
/// The first position's bits where nothing else is said.
[[nodiscard]] constexpr std::size_t first_bits(std::size_t bits) noexcept {
  return bits < 4 ? 8 : bits;
}
template <std::size_t Bits, std::size_t FirstBits>
struct coded_kernel {};
template <>
struct coded_kernel<8, 8> {
  static constexpr kv_kernel kernel = kv_kernel::int8;
};
template <>
struct coded_kernel<4, 4> {
  static constexpr kv_kernel kernel = kv_kernel::int4;
};
template <>
struct coded_kernel<3, 8> {
  static constexpr kv_kernel kernel = kv_kernel::int3;
};
}  // namespace detail

/// Keys and values in Bits bits, each head's of each position as a coded_row; the first position,
/// whose values are larger and which every token looks at, in FirstBits.
///
///     keys, values   coded_row<FirstBits> of position 0, then coded_row<Bits> of 1, 2, ...
///
/// so that a position takes 2 (2 + ceil(head_dim / 16) 2 Bits) bytes a head: 52 instead of f16's
/// 256 for heads of 64 in 3 bits. The softmax runs along, as with f16.
/// @see arXiv 2411.04965 (BitNet a4.8), section 2: 3 bits and a wider first token; arXiv 2504.18415
template <std::size_t Bits, std::size_t FirstBits = detail::first_bits(Bits)>
struct coded : detail::coded_kernel<Bits, FirstBits> {
  using policy_kind = kv_kind;
  using softmax = blocked;
  using row = coded_row<Bits>;
  using first_row = coded_row<FirstBits>;
  static constexpr std::size_t bits = Bits, first_bits = FirstBits;
  static constexpr std::string_view name = [] {
    if constexpr (FirstBits == detail::first_bits(Bits))
      return joined<detail::coded_name, digits_of<Bits>::value>;
    else
      return joined<detail::coded_name, digits_of<Bits>::value, detail::open_angle,
                    digits_of<FirstBits>::value, name_parts::angle>;
  }();

  [[nodiscard]] static constexpr std::size_t key_bytes(std::size_t positions,
                                                       std::size_t head_dim) noexcept {
    return positions == 0 ? 0 : offset(positions, head_dim);
  }
  [[nodiscard]] static constexpr std::size_t value_bytes(std::size_t positions,
                                                         std::size_t head_dim) noexcept {
    return key_bytes(positions, head_dim);
  }
  /// Of a position after the first.
  [[nodiscard]] static constexpr std::size_t offset(std::size_t position,
                                                    std::size_t head_dim) noexcept {
    return first_row::bytes(head_dim) + (position - 1) * row::bytes(head_dim);
  }

  static void put(const kv_entry& e) noexcept {
    put(e.key, e, static_cast<unsigned char*>(e.keys));
    put(e.value, e, static_cast<unsigned char*>(e.values));
  }
  [[nodiscard]] static float key(const void* keys, std::size_t head_dim, std::size_t tile,
                                 std::size_t lane, std::size_t i) noexcept {
    return value(keys, head_dim, tile * key_tile + lane, i);
  }
  [[nodiscard]] static float value(const void* values, std::size_t head_dim, std::size_t position,
                                   std::size_t i) noexcept {
    const auto* const from = static_cast<const unsigned char*>(values);
    if (position == 0) return first_row::get(from, i);
    return row::get(from + offset(position, head_dim), i);
  }

 private:
  static void put(const float* x, const kv_entry& e, unsigned char* to) noexcept {
    if (e.position == 0)
      first_row::put(x, e.head_dim, to);
    else
      row::put(x, e.head_dim, to + offset(e.position, e.head_dim));
  }
};

using int8 = coded<8>;
using int4 = coded<4>;
using int3 = coded<3>;

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
