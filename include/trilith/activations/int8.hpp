#ifndef TRILITH_ACTIVATIONS_INT8_HPP
#define TRILITH_ACTIVATIONS_INT8_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/activations/range.hpp>
#include <trilith/core/name.hpp>

namespace trilith::inline TRILITH_ABI::activations {

namespace detail {
inline constexpr std::string_view int8_name = "int8<";
}

/// q_i = clip(round_even(multiplier * x_i), -128, 127), one multiplier per token.
///
/// A NaN or infinite activation makes the scale NaN or infinite, so that it shows in the output.
template <class R = absmax_range>
  requires Range<R, 127>
struct int8 {
  using policy_kind = activations_kind;
  using element = std::int8_t;
  static constexpr std::string_view name = joined<detail::int8_name, R::name, name_parts::angle>;
  static constexpr int bits = 8;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    const rounding_step step = R::step(x, n);
    for (std::size_t i = 0; i < n; ++i) q[i] = round_to_code<127>(step.multiplier * x[i]);
    return step.scale;
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
