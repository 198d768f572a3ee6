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
  static void put(const float* x, std::size_t n, unsigned char* to) noexcept {
    encode(x, n, to, [to](std::size_t u, std::size_t b) noexcept {
      return to + sizeof(float16) + u * unit::bytes + b;
    });
  }
  [[nodiscard]] static float get(const unsigned char* from, std::size_t i) noexcept {
    const unsigned char* const codes = from + sizeof(float16) + i / unit::codes * unit::bytes;
    return decode(from,
                  unit::get([codes](std::size_t b) noexcept { return codes[b]; }, i % unit::codes));
  }

  /// Sixteen rows, lane by lane: the scales, then units 0, then units 1 ..., their words side by
  /// side.
  [[nodiscard]] static constexpr std::size_t tile_bytes(std::size_t head_dim) noexcept {
    return key_tile * bytes(head_dim);
  }
  static void put_lane(const float* x, std::size_t n, unsigned char* tile,
                       std::size_t lane) noexcept {
    encode(x, n, tile + lane * sizeof(float16),
           [tile, lane](std::size_t u, std::size_t b) noexcept {
             return unit_of_tile(tile, u) + unit::side_by_side(b, lane);
           });
  }
  [[nodiscard]] static float get_lane(const unsigned char* tile, std::size_t lane,
                                      std::size_t i) noexcept {
    const auto* const codes = unit_of_tile(const_cast<unsigned char*>(tile), i / unit::codes);
    return decode(
        tile + lane * sizeof(float16),
        unit::get([&](std::size_t b) noexcept { return codes[unit::side_by_side(b, lane)]; },
                  i % unit::codes));
  }

 private:
  [[nodiscard]] static unsigned char* unit_of_tile(unsigned char* tile, std::size_t u) noexcept {
    return tile + key_tile * (sizeof(float16) + u * unit::bytes);
  }
  /// place(u, b) is where byte b of unit u belongs.
  template <class Place>
  TRILITH_EXACT_FLOAT static void encode(const float* x, std::size_t n, unsigned char* scale,
                                         const Place& place) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float top = absmax(x, n) / (2 * middle);
    const float16 half = to_float16(top == top ? min_of(top, largest) : 0.0f);
    __builtin_memcpy(scale, &half, sizeof half);
    const float step = 2 * to_float(half), inverse = step > 0 ? 1 / step : 0.0f;
    for (std::size_t first = 0; first < n; first += unit::codes) {
      std::uint8_t codes[unit::codes] = {};
      for (std::size_t i = first; i < min_of(first + unit::codes, n); ++i)
        codes[i - first] = code_of(x[i] * inverse + middle);
      unit::pack(codes, [&](std::size_t b, unsigned char value) noexcept {
        *place(first / unit::codes, b) = value;
      });
    }
  }
  TRILITH_EXACT_FLOAT [[nodiscard]] static float decode(const unsigned char* scale,
                                                        unsigned c) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float16 half;
    __builtin_memcpy(&half, scale, sizeof half);
    return to_float(half) * (static_cast<float>(2 * c + 1) - 2 * middle);
  }
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
///     keys    coded_row<FirstBits> of position 0, then [positions / 16] tiles of coded_row<Bits>
///     values  coded_row<FirstBits> of position 0, then [positions] coded_row<Bits>
///
/// so that a position takes 2 (2 + ceil(head_dim / 16) 2 Bits) bytes a head: 52 instead of f16's
/// 256 for heads of 64 in 3 bits. A first row is there where FirstBits is not Bits. The softmax
/// runs along, as with f16.
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
    return positions == 0
               ? 0
               : front(head_dim) + ceil_div(positions, key_tile) * row::tile_bytes(head_dim);
  }
  [[nodiscard]] static constexpr std::size_t value_bytes(std::size_t positions,
                                                         std::size_t head_dim) noexcept {
    return positions == 0 ? 0 : front(head_dim) + positions * row::bytes(head_dim);
  }
  /// Whether position 0 lies apart, in front; its place among the others stays empty.
  static constexpr bool first_is_wider = FirstBits != Bits;
  [[nodiscard]] static constexpr std::size_t front(std::size_t head_dim) noexcept {
    return first_is_wider ? first_row::bytes(head_dim) : 0;
  }

  static void put(const kv_entry& e) noexcept {
    auto* const keys = static_cast<unsigned char*>(e.keys);
    auto* const values = static_cast<unsigned char*>(e.values);
    const std::size_t n = e.head_dim;
    if (first_is_wider && e.position == 0) {
      first_row::put(e.key, n, keys);
      first_row::put(e.value, n, values);
    } else {
      row::put_lane(e.key, n, keys + front(n) + e.position / key_tile * row::tile_bytes(n),
                    e.position % key_tile);
      row::put(e.value, n, values + front(n) + e.position * row::bytes(n));
    }
  }
  [[nodiscard]] static float key(const void* keys, std::size_t head_dim, std::size_t tile,
                                 std::size_t lane, std::size_t i) noexcept {
    const auto* const from = static_cast<const unsigned char*>(keys);
    if (first_is_wider && tile == 0 && lane == 0) return first_row::get(from, i);
    return row::get_lane(from + front(head_dim) + tile * row::tile_bytes(head_dim), lane, i);
  }
  [[nodiscard]] static float value(const void* values, std::size_t head_dim, std::size_t position,
                                   std::size_t i) noexcept {
    const auto* const from = static_cast<const unsigned char*>(values);
    if (first_is_wider && position == 0) return first_row::get(from, i);
    return row::get(from + front(head_dim) + position * row::bytes(head_dim), i);
  }
};

using int8 = coded<8>;
using int4 = coded<4>;
using int3 = coded<3>;

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
