#ifndef TRILITH_ACTIVATIONS_F8_HPP
#define TRILITH_ACTIVATIONS_F8_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/activations/minifloat.hpp>
#include <trilith/activations/range.hpp>
#include <trilith/core/name.hpp>

namespace trilith::inline TRILITH_ABI::activations {

namespace detail {
inline constexpr std::string_view f8_name = "f8<";
}

/// Eight-bit floats with one scale per token: x_i ~ s v_i, v in F, s = max|x| / F::largest.
/// Products are of floats.
/// @tparam F  e4m3, or e5m2 with more range and a bit less
/// @see arXiv 2209.05433
template <class F = e4m3>
struct f8 {
  using policy_kind = activations_kind;
  using element = float;
  static constexpr std::string_view name = joined<detail::f8_name, F::name, name_parts::angle>;
  static constexpr int bits = F::bits;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    const rounding_step step = absmax_range::step<static_cast<int>(F::largest)>(x, n);
    for (std::size_t i = 0; i < n; ++i) q[i] = round_to<F>(step.multiplier * x[i]);
    return step.scale;
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
