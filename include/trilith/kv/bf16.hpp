#ifndef TRILITH_KV_BF16_HPP
#define TRILITH_KV_BF16_HPP

#include <trilith/kv/kv.hpp>
#include <trilith/kv/paired.hpp>
#include <trilith/kv/pairs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Keys and values as bfloat16, 2 bytes each, in pairs: as much memory as f16 and less exact, and
/// the fastest where the processor multiplies pairs of them (AMX).
///
/// Rounded to nearest even. Beyond 2^60 a value becomes 2^60 of its sign, below 2^-50 it becomes 0,
/// and so does NaN: what is stored is finite, and contributes nothing where its probability is 0.
struct bf16 : pairs {
  using policy_kind = kv_kind;
  using element = bfloat16;
  using softmax = paired;
  static constexpr std::string_view name = "bf16";
  static constexpr std::size_t bits = 16;
  static constexpr kv_kernel kernel = kv_kernel::bf16;
  [[nodiscard]] static constexpr element store(float x) noexcept { return narrowed(x); }
  [[nodiscard]] static constexpr float load(element x) noexcept { return to_float(x); }

  static void put(const kv_entry& e) noexcept {
    auto* const keys = static_cast<element*>(e.keys);
    auto* const values = static_cast<element*>(e.values);
    for (std::size_t i = 0; i < e.head_dim; ++i) {
      keys[key_at(e.head_dim, e.position, i)] = store(e.key[i]);
      values[value_at(e.head_dim, e.position, i)] = store(e.value[i]);
    }
    if (e.head_dim % 2 != 0) keys[key_at(e.head_dim, e.position, e.head_dim)] = element{};
  }
  [[nodiscard]] static float key(const void* keys, std::size_t head_dim, std::size_t tile,
                                 std::size_t lane, std::size_t i) noexcept {
    return load(static_cast<const element*>(keys)[key_at(head_dim, tile * key_tile + lane, i)]);
  }
  [[nodiscard]] static float value(const void* values, std::size_t head_dim, std::size_t position,
                                   std::size_t i) noexcept {
    return load(static_cast<const element*>(values)[value_at(head_dim, position, i)]);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
