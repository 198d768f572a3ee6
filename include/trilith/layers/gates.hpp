#ifndef TRILITH_LAYERS_GATES_HPP
#define TRILITH_LAYERS_GATES_HPP

#include <trilith/backends/backend.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>

namespace trilith::inline TRILITH_ABI {

/// The non-linearity of a gated feed-forward network: of(x) for one value.
template <class T>
concept Gate = PolicyOf<T, gate_kind> && requires {
  { T::of(1.0f) } noexcept -> std::same_as<float>;
};

/// Gates that train as well: slope(x) is the derivative of of(x).
template <class T>
concept DifferentiableGate = Gate<T> && requires {
  { T::slope(1.0f) } noexcept -> std::same_as<float>;
};

/// Gates that let nothing through where closes(x): of(x) is 0, so that the other factor is not
/// needed.
template <class T>
concept ClosingGate = Gate<T> && requires {
  { T::closes(1.0f) } noexcept -> std::same_as<bool>;
};

/// x / (1 + e^-x): LLaMA, b1.58.
struct silu {
  using policy_kind = gate_kind;
  static constexpr std::string_view name = "silu";
  [[nodiscard]] static constexpr float of(float x) noexcept {
    return x * (1.0f / (1.0f + exponential(-x)));
  }
  [[nodiscard]] static constexpr float slope(float x) noexcept {
    const float share = 1.0f / (1.0f + exponential(-x));
    return share * (1.0f + x * (1.0f - share));
  }
};

/// max(x, 0)^2: BitNet b1.58 2B4T. Its products leave the range of float16; floats hold them.
struct relu_squared {
  using policy_kind = gate_kind;
  static constexpr std::string_view name = "relu_squared";
  [[nodiscard]] static constexpr float of(float x) noexcept { return x > 0.0f ? x * x : x * 0.0f; }
  [[nodiscard]] static constexpr float slope(float x) noexcept {
    return x > 0.0f ? x + x : x * 0.0f;
  }
  [[nodiscard]] static constexpr bool closes(float x) noexcept { return x <= 0.0f; }
};

namespace detail {
/// The row kernel of a gate; none for one of a user's own.
template <Gate G>
inline constexpr auto gate_kernel = nullptr;
template <>
inline constexpr auto gate_kernel<silu> = &simd::row_kernels::silu;
template <>
inline constexpr auto gate_kernel<relu_squared> = &simd::row_kernels::relu_squared;
}  // namespace detail

/// Whether backend B has a row kernel for G, which returns sum_of_squares(gate, n) too.
template <Gate G, class B>
inline constexpr bool has_gate_kernel =
    backends::uses_kernels<B> && !std::is_null_pointer_v<decltype(detail::gate_kernel<G>)>;

/// gate_i = G(gate_i) * up_i
template <Gate G, class B>
void pass_gate(float* gate, const float* up, std::size_t n) noexcept {
  if constexpr (has_gate_kernel<G, B>)
    (simd::rows().*detail::gate_kernel<G>)(gate, up, n);
  else
    for (std::size_t i = 0; i < n; ++i) gate[i] = G::of(gate[i]) * up[i];
}

/// Writes, in ascending order, which of n values do not close the gate; returns how many.
template <ClosingGate G>
[[nodiscard]] std::size_t find_open(const float* gate, std::size_t n,
                                    std::uint32_t* open) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    open[count] = static_cast<std::uint32_t>(i);
    count += !G::closes(gate[i]);
  }
  return count;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
