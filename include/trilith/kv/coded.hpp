#ifndef TRILITH_KV_CODED_HPP
#define TRILITH_KV_CODED_HPP

#include <trilith/core/name.hpp>
#include <trilith/kv/blocked.hpp>
#include <trilith/kv/coded_row.hpp>
#include <trilith/kv/kv.hpp>

namespace trilith::inline TRILITH_ABI::kv {

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
