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

/// Whether there are no latent weights behind the quantised ones.
template <class T>
inline constexpr bool without_latents = requires { requires T::rounds_weights; };

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

/// No latent weights: the weights are codes times a scale that stays, and after each update they
/// are rounded to codes again, up or down by chance, so that the mean is what the update made of
/// them:
///
///     v = clip(w / s, min_code, max_code)      code = floor(v) + [u < v - floor(v)]
///
/// with u uniform in [0, 1), a function of seed, step, tensor and place alone. The result is packed
/// with requantize(model), since pack() would compute other scales.
/// @see Zhao et al.: "Direct Quantized Training of Language Models with Stochastic Rounding",
///      arXiv 2412.04787, section 3.
struct stochastic_rounding {
  using policy_kind = straight_through_kind;
  static constexpr std::string_view name = "stochastic_rounding";
  static constexpr bool rounds_weights = true;
  [[nodiscard]] static constexpr float slope(float) noexcept { return 1.0f; }
};

}  // namespace trilith::inline TRILITH_ABI::ste

#endif
