#ifndef TRILITH_WEIGHTS_LEARNED_HPP
#define TRILITH_WEIGHTS_LEARNED_HPP

#include <trilith/weights/matrix.hpp>
#include <trilith/weights/plain.hpp>
#include <trilith/weights/rules.hpp>

/// Scales that training learns like any other parameter, instead of computing them from the
/// weights: rules that say how the scale and the weights share a gradient.
namespace trilith::inline TRILITH_ABI::rules {

/// The parts of g = dL/dWq, the gradient of one quantised weight.
struct learned_gradient {
  float weight;  ///< of the latent weight
  float scale;   ///< of the scale, to be added up over the weights that share it
};

/// A rule with two functions more: calibrate_with(scale, w, n) for a learned scale, and back(w, c,
/// g). scale_factor(n) is what the scale's gradient is multiplied by.
template <class T>
concept LearnedRule = Rule<T> && requires(const float* w, std::size_t n, weights::calibration c) {
  { T::calibrate_with(1.0f, w, n) } noexcept -> std::same_as<weights::calibration>;
  { T::back(1.0f, c, 1.0f) } noexcept -> std::same_as<learned_gradient>;
  { T::scale_factor(n) } noexcept -> std::same_as<float>;
};

/// LSQ: Wq = s clip(round(W / s), -1, 1) with a learned step s, which starts at 2 mean|W|. With v =
/// W / s and g = dL/dWq:
///
///     dL/dW = g [-1 < v < 1]
///     dL/ds = sum g (round(v) - v where |v| < 1, sign(v) elsewhere) / sqrt(n)
///
/// @see Esser et al.: "Learned Step Size Quantization", arXiv 1902.08153, equations 1 to 3 and
///      section 2.2.
struct learned_step {
  using policy_kind = rule_kind;
  static constexpr std::string_view name = "learned_step";
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    return calibrate_with(2.0f * weights::mean_absolute(w, n), w, n);
  }
  [[nodiscard]] static constexpr calibration calibrate_with(float scale, const float*,
                                                            std::size_t) noexcept {
    const float s = max_of(scale, weights::smallest_scale);
    return {.scale = s, .threshold = 0.5f * s};
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    return dead_zone(w, c.threshold);
  }
  [[nodiscard]] static constexpr learned_gradient back(float w, const calibration& c,
                                                       float g) noexcept {
    const float v = w / c.scale, t = static_cast<float>(code(w, c));
    return absolute(v) < 1.0f ? learned_gradient{g, g * (t - v)} : learned_gradient{0.0f, g * t};
  }
  [[nodiscard]] static float scale_factor(std::size_t n) noexcept {
    return 1.0f / square_root(static_cast<float>(n));
  }
};

namespace detail {
inline constexpr std::string_view learned_scale_name = "learned_scale<";
}

/// Wq = alpha T, T = sign(W) [|W| > ratio mean|W|] with ratio = Numerator / Denominator and a
/// learned alpha, which starts where it fits W best, at mean|W| over T != 0. With g = dL/dWq:
///
///     dL/dW = alpha g          dL/dalpha = sum g T
///
/// The threshold is relative: an absolute one makes a layer of small weights zero.
/// @see Zhu et al.: "Trained Ternary Quantization", arXiv 1612.01064, section 3.
template <int Numerator = 1, int Denominator = 2>
struct learned_scale {
  using policy_kind = rule_kind;
  using base = threshold<Numerator, Denominator>;
  static constexpr std::string_view name =
      joined<detail::learned_scale_name, digits_of<std::size_t(Numerator)>::value, detail::slash,
             digits_of<std::size_t(Denominator)>::value, name_parts::angle>;
  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    return least_squares<base>::calibrate(w, n);
  }
  [[nodiscard]] static constexpr calibration calibrate_with(float scale, const float* w,
                                                            std::size_t n) noexcept {
    calibration c = base::calibrate(w, n);
    c.scale = max_of(scale, weights::smallest_scale);  // below zero all codes would change sign
    return c;
  }
  [[nodiscard]] static constexpr std::int8_t code(float w, const calibration& c) noexcept {
    return base::code(w, c);
  }
  [[nodiscard]] static constexpr learned_gradient back(float w, const calibration& c,
                                                       float g) noexcept {
    return {c.scale * g, g * static_cast<float>(code(w, c))};
  }
  [[nodiscard]] static constexpr float scale_factor(std::size_t) noexcept { return 1.0f; }
};

}  // namespace trilith::inline TRILITH_ABI::rules

namespace trilith::inline TRILITH_ABI {

namespace weights {
/// Weights whose scales are parameters of their own: W::rule is a LearnedRule.
template <class W>
concept LearnsScale = CodedWeights<W> && rules::LearnedRule<typename W::rule>;
}  // namespace weights

/// The latent weights of W [rows, cols], and the scales that are learned beside them.
template <weights::LearnsScale W>
struct learned_matrix : plain_matrix<trilith::weights::f32> {
  using granularity = typename W::granularity;
  learned_matrix() = default;
  learned_matrix(std::size_t r, std::size_t c)
      : plain_matrix(r, c), scales(granularity::count(r, c)) {}

  aligned_buffer<float> scales;  ///< as in a packed_matrix

  [[nodiscard]] std::size_t group() const noexcept {
    return granularity::row_step(cols) == 0 ? rows * cols : granularity::group(cols);
  }
  /// Calls visit(i, w, n) for the n weights that share scale i, one group after the other.
  template <class Visit>
  void for_each_group(Visit&& visit) const {
    const std::size_t n = group();
    if (n == rows * cols) return visit(std::size_t{0}, std::size_t{0}, n);
    std::size_t i = 0;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t first = 0; first < cols; first += n)
        visit(i++, r * cols + first, min_of(n, cols - first));
  }
  /// The scales that W's rule starts from.
  void start_scales() {
    for_each_group([this](std::size_t i, std::size_t first, std::size_t n) {
      scales[i] = W::rule::calibrate(elements.data() + first, n).scale;
    });
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
