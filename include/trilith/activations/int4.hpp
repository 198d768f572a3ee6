#ifndef TRILITH_ACTIVATIONS_INT4_HPP
#define TRILITH_ACTIVATIONS_INT4_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/activations/range.hpp>
#include <trilith/core/name.hpp>

namespace trilith::inline TRILITH_ABI::activations {

namespace detail {
inline constexpr std::string_view int4_name = "int4<";
}

/// q_i = clip(round_even(multiplier * x_i), -8, 7), multiplier = sqrt(7) / mean|x| of the token.
///
/// Codes lie in bytes, for the kernels that int8 has. NaN and infinities show in the scale.
/// @tparam R  absmean_range, or absmax_range: 7 / max|x|
/// @see arXiv 2411.04965 (BitNet a4.8), section 2; arXiv 2504.18415 (BitNet v2)
template <class R = absmean_range>
  requires Range<R, 7>
struct int4 {
  using policy_kind = activations_kind;
  using element = std::int8_t;
  static constexpr std::string_view name = joined<detail::int4_name, R::name, name_parts::angle>;
  static constexpr int bits = 4;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    const rounding_step step = R::template step<7>(x, n);
    for (std::size_t i = 0; i < n; ++i) q[i] = round_to_code<7>(step.multiplier * x[i]);
    return step.scale;
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
