#ifndef TRILITH_WEIGHTS_ROUNDING_HPP
#define TRILITH_WEIGHTS_ROUNDING_HPP

#include <trilith/core/name.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/core/random.hpp>

/// How a scheme chooses between the two codes next to a weight.
namespace trilith::inline TRILITH_ABI::rounding {

/// The nearest code, ties to even: deterministic, the default.
struct nearest_even {
  using policy_kind = rounding_kind;
  static constexpr std::string_view name = "nearest_even";
  static constexpr bool is_stochastic = false;
};

namespace detail {
inline constexpr std::string_view stochastic_name = "stochastic<";
}

/// floor(w / scale + u_i) with u_i uniform in [0, 1): the code's expectation is the weight itself.
/// u_i depends on Seed and the weight's index alone, never on threads or on order.
template <std::uint64_t Seed = 0>
struct stochastic {
  using policy_kind = rounding_kind;
  static constexpr std::string_view name =
      joined<detail::stochastic_name, digits_of<Seed>::value, name_parts::angle>;
  static constexpr bool is_stochastic = true;

  [[nodiscard]] static constexpr float round(float value, std::uint64_t index) noexcept {
    const float shifted = value + uniform(Seed, 0, index);
    const float nearest = round_even(shifted);
    return nearest > shifted ? nearest - 1.0f : nearest;
  }
};

template <class T>
concept Rounding = PolicyOf<T, rounding_kind> && requires {
  { T::is_stochastic } -> std::convertible_to<bool>;
};

}  // namespace trilith::inline TRILITH_ABI::rounding

#endif
