#ifndef TRILITH_KV_PAIRS_HPP
#define TRILITH_KV_PAIRS_HPP

#include <trilith/core/half.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/kv/jobs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Where bfloat16 lie whose products are added in pairs, of each head by itself:
///
///     keys    [positions / 16, ceil(head_dim / 2), 16 positions, 2 elements]
///     values  [positions / 2, head_dim, 2 positions]
///
/// Sixteen pairs are 64 bytes, and sixteen rows of them the second operand of a product of tiles.
struct pairs {
  /// Elements of a key, with the one that fills the last pair up.
  [[nodiscard]] static constexpr std::size_t key_width(std::size_t head_dim) noexcept {
    return round_up(head_dim, 2);
  }
  [[nodiscard]] static constexpr std::size_t key_bytes(std::size_t positions,
                                                       std::size_t head_dim) noexcept {
    return round_up(positions, key_tile) * key_width(head_dim) * sizeof(bfloat16);
  }
  [[nodiscard]] static constexpr std::size_t value_bytes(std::size_t positions,
                                                         std::size_t head_dim) noexcept {
    return round_up(positions, 2) * head_dim * sizeof(bfloat16);
  }
  [[nodiscard]] static constexpr std::size_t key_at(std::size_t head_dim, std::size_t position,
                                                    std::size_t i) noexcept {
    return position / key_tile * key_tile * key_width(head_dim) + i / 2 * 2 * key_tile +
           position % key_tile * 2 + i % 2;
  }
  [[nodiscard]] static constexpr std::size_t value_at(std::size_t head_dim, std::size_t position,
                                                      std::size_t i) noexcept {
    return position / 2 * 2 * head_dim + i * 2 + position % 2;
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
