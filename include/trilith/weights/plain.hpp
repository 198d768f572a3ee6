#ifndef TRILITH_WEIGHTS_PLAIN_HPP
#define TRILITH_WEIGHTS_PLAIN_HPP

#include <trilith/core/half.hpp>
#include <trilith/weights/weights.hpp>

namespace trilith::inline TRILITH_ABI::weights {

/// Weights as IEEE binary32, 32 bits each.
struct f32 {
  using policy_kind = weights_kind;
  using element = float;
  static constexpr std::string_view name = "f32";
  [[nodiscard]] static constexpr element store(float w) noexcept { return w; }
  [[nodiscard]] static constexpr float load(element w) noexcept { return w; }
};

/// Weights as IEEE binary16, 16 bits each, rounded to nearest even; beyond 65504 they are infinite.
struct f16 {
  using policy_kind = weights_kind;
  using element = float16;
  static constexpr std::string_view name = "f16";
  [[nodiscard]] static constexpr element store(float w) noexcept { return to_float16(w); }
  [[nodiscard]] static constexpr float load(element w) noexcept { return to_float(w); }
};

/// Weights as bfloat16, 16 bits each, rounded to nearest even.
struct bf16 {
  using policy_kind = weights_kind;
  using element = bfloat16;
  static constexpr std::string_view name = "bf16";
  [[nodiscard]] static constexpr element store(float w) noexcept { return to_bfloat16(w); }
  [[nodiscard]] static constexpr float load(element w) noexcept { return to_float(w); }
};

}  // namespace trilith::inline TRILITH_ABI::weights

#endif
