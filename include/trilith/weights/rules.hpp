#ifndef TRILITH_WEIGHTS_RULES_HPP
#define TRILITH_WEIGHTS_RULES_HPP

#include <trilith/core/name.hpp>
#include <trilith/weights/statistics.hpp>
#include <trilith/weights/weights.hpp>

/// Which floats become -1, 0 or +1, and what a 1 is worth. Every threshold is relative to the
/// weights' own magnitude: an absolute one turns a layer of small weights into zeros.
namespace trilith::inline TRILITH_ABI::rules {

using weights::calibration;

/// calibrate(w, n) looks at the weights that share a scale; code(w, c) decides one of them.
template <class T>
concept Rule = PolicyOf<T, rule_kind> && requires(const float* w, std::size_t n, calibration c) {
  { T::calibrate(w, n) } noexcept -> std::same_as<calibration>;
  { T::code(1.0f, c) } noexcept -> std::same_as<std::int8_t>;
};

/// sign(w) * [|w| > threshold]
[[nodiscard]] constexpr std::int8_t dead_zone(float w, float threshold) noexcept {
  return static_cast<std::int8_t>((w > threshold) - (w < -threshold));
}

/// scale = mean|W|, code = clip(round(w / scale), -1, 1).
/// Rounding is half-to-even, so this is exactly |w| > scale / 2, without a division.
/// @see "The Era of 1-bit LLMs", arXiv 2402.17764, equations 1-3.
struct absmean {
  using policy_kind = rule_kind;
  static constexpr std::string_view name = "absmean";
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    const float s = max_of(weights::mean_absolute(w, n), weights::smallest_scale);
    return {.scale = s, .threshold = 0.5f * s};
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    return dead_zone(w, c.threshold);
  }
};

/// As absmean, but code = clip(round(w * (1 / scale)), -1, 1) in float: bit for bit what the
/// PyTorch implementations compute. It differs from absmean only within about one unit in the last
/// place of scale / 2.
struct absmean_reciprocal {
  using policy_kind = rule_kind;
  static constexpr std::string_view name = "absmean_reciprocal";
  /// threshold holds 1 / scale
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    const float s = max_of(weights::mean_absolute(w, n), weights::smallest_scale);
    return {.scale = s, .threshold = 1.0f / s};
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    const float rounded = round_even(w * c.threshold);
    return rounded == rounded ? static_cast<std::int8_t>(clamp_to(rounded, -1.0f, 1.0f))
                              : std::int8_t{0};
  }
};

/// scale = median|W|, code = [|w| > scale / 2] sign(w): robust against outliers.
/// @see "BitNet b1.58 Reloaded", arXiv 2407.09527.
struct absmedian {
  using policy_kind = rule_kind;
  static constexpr std::string_view name = "absmedian";
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    const float s = max_of(weights::median_absolute(w, n), weights::smallest_scale);
    return {.scale = s, .threshold = 0.5f * s};
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    return dead_zone(w, c.threshold);
  }
};

namespace detail {
inline constexpr std::string_view threshold_name = "threshold<";
inline constexpr std::string_view least_squares_name = "least_squares<";
inline constexpr std::string_view slash = "/";
}  // namespace detail

/// scale = mean|W|, code = [|w| > ratio * scale] sign(w) with ratio = Numerator / Denominator: 1/2
/// is absmean, 7/10 the choice of "Ternary Weight Networks", small ones approach binary weights.
template <int Numerator = 7, int Denominator = 10>
struct threshold {
  static_assert(Numerator >= 0 && Denominator > 0,
                "rules::threshold<Numerator, Denominator>: the ratio may not be negative.");
  using policy_kind = rule_kind;
  static constexpr std::string_view name =
      joined<detail::threshold_name, digits_of<std::size_t(Numerator)>::value, detail::slash,
             digits_of<std::size_t(Denominator)>::value, name_parts::angle>;
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    const float s = max_of(weights::mean_absolute(w, n), weights::smallest_scale);
    return {.scale = s,
            .threshold = s * static_cast<float>(Numerator) / static_cast<float>(Denominator)};
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    return dead_zone(w, c.threshold);
  }
};

/// The codes of Base with the scale that fits them best: s = <W, T> / <T, T>, which for ternary
/// codes is mean|w| over the codes that are not 0. Minimises |W - s T|^2.
template <Rule Base = absmean>
struct least_squares {
  using policy_kind = rule_kind;
  static constexpr std::string_view name =
      joined<detail::least_squares_name, Base::name, name_parts::angle>;
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    calibration c = Base::calibrate(w, n);
    c.scale = weights::mean_absolute_of_kept(
        w, n, [&](float x) { return Base::code(x, c); }, c.scale);
    return c;
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    return Base::code(w, c);
  }
};

}  // namespace trilith::inline TRILITH_ABI::rules

#endif
