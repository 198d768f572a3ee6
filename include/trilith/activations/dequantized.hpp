#ifndef TRILITH_ACTIVATIONS_DEQUANTIZED_HPP
#define TRILITH_ACTIVATIONS_DEQUANTIZED_HPP

#include <trilith/activations/activations.hpp>

namespace trilith::inline TRILITH_ABI::activations {

namespace detail {
inline constexpr std::string_view dequantized_name = "dequantized";
}

/// The values that integer activations A stand for, as floats: scale * q_i. What meets weights that
/// are not integers, so that a dense model sees the activations its packed twin sees.
template <Activations A>
  requires is_integer<A>
struct dequantized;

namespace detail {
/// What dequantized<A> has where A rotates.
template <class A>
struct dequantized_rotation {};
template <class A>
  requires rotates<A>
struct dequantized_rotation<A> {
  using quantizer = dequantized<typename A::quantizer>;
  static constexpr void rotate(float* x, std::size_t n) noexcept { A::rotate(x, n); }
};
}  // namespace detail

template <Activations A>
  requires is_integer<A>
struct dequantized : detail::dequantized_rotation<A> {
  using policy_kind = activations_kind;
  using element = float;
  static constexpr std::string_view name = detail::dequantized_name;
  static constexpr int bits = A::bits;

  [[nodiscard]] static float quantize(const float* x, element* out, std::size_t n) noexcept {
    // The codes go into the last quarter of the floats' own bytes: float i ends at byte 4i + 3,
    // which is before code j > i at byte 3n + j, so widening upwards never overwrites a code.
    auto* const q = reinterpret_cast<std::int8_t*>(out) + 3 * n;
    const float scale = A::quantize(x, q, n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto code = static_cast<float>(q[i]);
      out[i] = scale * code;
    }
    return 1.0f;
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
