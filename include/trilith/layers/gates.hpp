#ifndef TRILITH_LAYERS_GATES_HPP
#define TRILITH_LAYERS_GATES_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>

namespace trilith::inline TRILITH_ABI {

/// The non-linearity of a gated feed-forward network: of(x) for one value.
template <class T>
concept Gate = PolicyOf<T, gate_kind> && requires {
  { T::of(1.0f) } noexcept -> std::same_as<float>;
};

/// x / (1 + e^-x): LLaMA, b1.58.
struct silu {
  using policy_kind = gate_kind;
  static constexpr std::string_view name = "silu";
  [[nodiscard]] static constexpr float of(float x) noexcept {
    return x * (1.0f / (1.0f + exponential(-x)));
  }
};

/// max(x, 0)^2: BitNet b1.58 2B4T. Its products leave the range of float16; floats hold them.
struct relu_squared {
  using policy_kind = gate_kind;
  static constexpr std::string_view name = "relu_squared";
  [[nodiscard]] static constexpr float of(float x) noexcept { return x > 0.0f ? x * x : x * 0.0f; }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
