#ifndef TRILITH_TRAIN_STRAIGHT_THROUGH_HPP
#define TRILITH_TRAIN_STRAIGHT_THROUGH_HPP

#include <trilith/core/name.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>

/// Straight-through estimators: how the gradient of a quantised weight becomes one of the latent
/// weight behind it. The quantiser's own derivative is zero nearly everywhere.
namespace trilith::inline TRILITH_ABI::ste {

/// slope(v) is what stands for the derivative of the quantiser at the latent weight w = v * scale.
template <class T>
concept StraightThrough = PolicyOf<T, straight_through_kind> && requires {
  { T::slope(1.0f) } noexcept -> std::same_as<float>;
};

/// dL/dW = dL/dWq for all of W, clipped and zeroed weights too, and nothing through the scale:
/// BitNet's. @see "The Era of 1-bit LLMs: Training Tips, Code and FAQ", figure 3.
struct identity {
  using policy_kind = straight_through_kind;
  static constexpr std::string_view name = "identity";
  [[nodiscard]] static constexpr float slope(float) noexcept { return 1.0f; }
};

namespace detail {
inline constexpr std::string_view clipped_name = "clipped<";
inline constexpr std::string_view slash = "/";
}  // namespace detail

/// dL/dW = dL/dWq [|w / scale| <= Numerator / Denominator]: a latent weight that is far outside
/// stops growing. The default for ternary weights is where rounding would give 2.
/// @see Courbariaux, Bengio, David: "BinaryConnect", arXiv 1511.00363, section 2.4.
template <int Numerator = 3, int Denominator = 2>
struct clipped {
  static_assert(Numerator > 0 && Denominator > 0,
                "ste::clipped<Numerator, Denominator>: the bound must be positive.");
  using policy_kind = straight_through_kind;
  static constexpr std::string_view name =
      joined<detail::clipped_name, digits_of<std::size_t(Numerator)>::value, detail::slash,
             digits_of<std::size_t(Denominator)>::value, name_parts::angle>;
  [[nodiscard]] static constexpr float slope(float v) noexcept {
    constexpr float bound = static_cast<float>(Numerator) / static_cast<float>(Denominator);
    return absolute(v) <= bound ? 1.0f : 0.0f;
  }
};

}  // namespace trilith::inline TRILITH_ABI::ste

#endif
