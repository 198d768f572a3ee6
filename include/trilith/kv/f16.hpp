#ifndef TRILITH_KV_F16_HPP
#define TRILITH_KV_F16_HPP

#include <trilith/core/half.hpp>
#include <trilith/kv/blocked.hpp>
#include <trilith/kv/elements.hpp>
#include <trilith/kv/kv.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Keys and values as IEEE binary16, 2 bytes each, with the softmax that runs along: half the
/// memory of f32, and several times its speed.
///
/// Rounded to nearest even. Beyond 65504 a value becomes 65504 of its sign, and NaN becomes 0: so
/// what is stored is finite, and contributes nothing where its probability is 0.
struct f16 : elements<f16> {
  using policy_kind = kv_kind;
  using element = float16;
  using softmax = blocked;
  static constexpr std::string_view name = "f16";
  static constexpr std::size_t bits = 16;
  static constexpr kv_kernel kernel = kv_kernel::f16;
  static constexpr float largest = 65504.0f;
  [[nodiscard]] static constexpr element store(float x) noexcept {
    return x == x ? to_float16(clamp_to(x, -largest, largest)) : element{};
  }
  [[nodiscard]] static constexpr float load(element x) noexcept { return to_float(x); }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
