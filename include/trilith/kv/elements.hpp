#ifndef TRILITH_KV_ELEMENTS_HPP
#define TRILITH_KV_ELEMENTS_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/kv/jobs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Where values of one and the same type lie, for a policy P with `element`, `store` and `load`:
///
///     keys    [positions / key_tile, head_dim, key_tile]
///     values  [positions, head_dim]
///
/// of each head by itself, so that a head's keys stream, and its values after them.
template <class P>
struct elements {
  [[nodiscard]] static constexpr std::size_t key_bytes(std::size_t positions,
                                                       std::size_t head_dim) noexcept {
    return round_up(positions, key_tile) * head_dim * sizeof(typename P::element);
  }
  [[nodiscard]] static constexpr std::size_t value_bytes(std::size_t positions,
                                                         std::size_t head_dim) noexcept {
    return positions * head_dim * sizeof(typename P::element);
  }

  static void put(const kv_entry& e) noexcept {
    auto* const keys = static_cast<typename P::element*>(e.keys) +
                       e.position / key_tile * e.head_dim * key_tile + e.position % key_tile;
    auto* const values = static_cast<typename P::element*>(e.values) + e.position * e.head_dim;
    for (std::size_t i = 0; i < e.head_dim; ++i) {
      keys[i * key_tile] = P::store(e.key[i]);
      values[i] = P::store(e.value[i]);
    }
  }
  [[nodiscard]] static float key(const void* keys, std::size_t head_dim, std::size_t tile,
                                 std::size_t lane, std::size_t i) noexcept {
    return P::load(
        static_cast<const typename P::element*>(keys)[(tile * head_dim + i) * key_tile + lane]);
  }
  [[nodiscard]] static float value(const void* values, std::size_t head_dim, std::size_t position,
                                   std::size_t i) noexcept {
    return P::load(static_cast<const typename P::element*>(values)[position * head_dim + i]);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
