#ifndef TRILITH_WEIGHTS_TERNARY_HPP
#define TRILITH_WEIGHTS_TERNARY_HPP

#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>
#include <trilith/weights/rounding.hpp>
#include <trilith/weights/rules.hpp>
#include <trilith/weights/scale.hpp>

namespace trilith::inline TRILITH_ABI::weights {

namespace detail {
inline constexpr std::string_view ternary_name = "ternary<";
}  // namespace detail

/// w ~ scale * code, code in {-1, 0, +1}: BitNet b1.58.
///
/// @tparam Rule      which weights become zero, and the scale: rules::absmean, absmedian, ...
/// @tparam Scale     how many weights share a scale: scale::per_tensor, per_row, per_group<N>
/// @tparam Rounding  rounding::nearest_even, or rounding::stochastic<Seed>
///
/// 2 bits a weight in packing::bits2 (the default), 1.6 in packing::base3; scales come on top.
/// A NaN weight becomes code 0. Example: examples/01_quantize.cpp
template <rules::Rule Rule = rules::absmean, scale::Granularity Scale = scale::per_tensor,
          rounding::Rounding Rounding = rounding::nearest_even>
struct ternary {
  using policy_kind = weights_kind;
  using granularity = Scale;
  using rule = Rule;
  using packing = packing::bits2;
  template <scale::Granularity Other>
  using with_scale = ternary<Rule, Other, Rounding>;
  static constexpr std::string_view name =
      joined<detail::ternary_name, Rule::name, name_parts::comma, Scale::name, name_parts::comma,
             Rounding::name, name_parts::angle>;
  static constexpr int min_code = -1, max_code = 1, code_step = 1;

  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    return Rule::calibrate(w, n);
  }
  [[nodiscard]] static constexpr std::int8_t encode(float w, const calibration& c,
                                                    std::uint64_t index) noexcept {
    if constexpr (Rounding::is_stochastic) {
      const float value = w / c.scale;
      if (value != value) return 0;
      const float code = Rounding::round(clamp_to(value, -1.0f, 1.0f), index);
      return static_cast<std::int8_t>((code > 0.0f) - (code < 0.0f));
    } else {
      return Rule::code(w, c);
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI::weights

#endif
