#ifndef TRILITH_KV_F32_HPP
#define TRILITH_KV_F32_HPP

#include <trilith/kv/elements.hpp>
#include <trilith/kv/kv.hpp>
#include <trilith/kv/textbook.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Keys and values as they are, 4 bytes each, with the textbook's softmax: what agrees with float32
/// reference programs.
struct f32 : elements<f32> {
  using policy_kind = kv_kind;
  using element = float;
  using softmax = textbook;
  static constexpr std::string_view name = "f32";
  static constexpr std::size_t bits = 32;
  static constexpr kv_kernel kernel = kv_kernel::f32;
  [[nodiscard]] static constexpr element store(float x) noexcept { return x; }
  [[nodiscard]] static constexpr float load(element x) noexcept { return x; }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
