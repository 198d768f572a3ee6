#ifndef TRILITH_ACTIVATIONS_PLAIN_HPP
#define TRILITH_ACTIVATIONS_PLAIN_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/core/half.hpp>

namespace trilith::inline TRILITH_ABI::activations {

/// Activations as they are.
struct f32 {
  using policy_kind = activations_kind;
  using element = float;
  static constexpr std::string_view name = "f32";
  static constexpr int bits = 32;
  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) q[i] = x[i];
    return 1.0f;
  }
};

/// Activations rounded to bfloat16; products add them as floats.
struct bf16 {
  using policy_kind = activations_kind;
  using element = float;
  static constexpr std::string_view name = "bf16";
  static constexpr int bits = 16;
  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) q[i] = to_float(to_bfloat16(x[i]));
    return 1.0f;
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
