#ifndef TRILITH_WEIGHTS_INT8_HPP
#define TRILITH_WEIGHTS_INT8_HPP

#include <trilith/packing/bits.hpp>
#include <trilith/weights/scale.hpp>
#include <trilith/weights/statistics.hpp>
#include <trilith/weights/weights.hpp>

namespace trilith::inline TRILITH_ABI::weights {

namespace detail {
inline constexpr std::string_view int8_name = "int8<";
}

/// w ~ scale * code, code in [-127, 127]: scale = max|W| / 127, code = round_even(w / scale).
/// For embeddings and heads; one scale per row by default. 8 bits a weight.
template <scale::Granularity Scale = scale::per_row>
struct int8 {
  using policy_kind = weights_kind;
  using granularity = Scale;
  using packing = packing::bits8;
  template <scale::Granularity Other>
  using with_scale = int8<Other>;
  static constexpr std::string_view name =
      joined<detail::int8_name, Scale::name, name_parts::angle>;
  static constexpr int min_code = -127, max_code = 127, code_step = 1;

  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    const float s = step(w, n), below = std::bit_cast<float>(std::bit_cast<std::uint32_t>(s) - 1);
    // where two neighbouring scales give 127 the same value, the smaller: recalibrate's choice
    return {.scale = below * 127.0f == s * 127.0f && is_finite(s) ? below : s};
  }
  /// The smallest scale that gives back the largest magnitude exactly, so that requantising
  /// weights which are codes times a scale changes nothing, however often.
  [[nodiscard]] static constexpr calibration recalibrate(const float* w, std::size_t n) noexcept {
    const float top = absmax(w, n), near = step(w, n);
    for (std::uint32_t ulps = 4; ulps-- > 0;) {
      const float s = std::bit_cast<float>(std::bit_cast<std::uint32_t>(near) + 1 - ulps);
      if (s * 127.0f == top) return {.scale = s};
    }
    return calibrate(w, n);
  }
  [[nodiscard]] static constexpr std::int8_t encode(float w, const calibration& c,
                                                    std::uint64_t) noexcept {
    const float code = round_even(w / c.scale);
    return code == code ? static_cast<std::int8_t>(clamp_to(code, -127.0f, 127.0f))
                        : std::int8_t{0};
  }

 private:
  [[nodiscard]] static constexpr float step(const float* w, std::size_t n) noexcept {
    constexpr float smallest = 127 * 0x1p-100f;  // keeps scales far from subnormal numbers
    return max_of(absmax(w, n), smallest) / 127.0f;
  }
};

}  // namespace trilith::inline TRILITH_ABI::weights

#endif
