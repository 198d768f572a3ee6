#ifndef TRILITH_LAYERS_NORM_HPP
#define TRILITH_LAYERS_NORM_HPP

#include <trilith/core/executor.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/core/span2d.hpp>

namespace trilith::inline TRILITH_ABI {

/// apply(x, gain, y, n, eps) normalises one token's n values; gain is null where has_gain is false.
/// x and y may be the same.
template <class T>
concept Norm = PolicyOf<T, norm_kind> && requires(const float* x, float* y, std::size_t n) {
  { T::has_gain } -> std::convertible_to<bool>;
  { T::is_identity } -> std::convertible_to<bool>;
  { T::apply(x, x, y, n, 1e-5f) } noexcept;
};

/// Norms that train as well: backward(x, gain, dy, dx, dgain, n, eps) writes the gradient of x, and
/// this token's part of the gradient of the gains where has_gain is true; dx may be dy. A norm of a
/// program's own needs it for training only (examples/stories.hpp has one).
template <class T>
concept DifferentiableNorm = Norm<T> && requires(const float* x, float* y, std::size_t n) {
  { T::backward(x, x, x, y, y, n, 1e-5f) } noexcept;
};

/// Whether a norm has one learned factor per value.
namespace gain {
struct learned {};
struct none {};
}  // namespace gain

/// y_i = x_i / sqrt(mean(x^2) + eps) * gain_i
/// @see Zhang, Sennrich: "Root Mean Square Layer Normalization", arXiv 1910.07467.
template <class Gain = gain::learned>
struct rms_norm {
  using policy_kind = norm_kind;
  static constexpr bool has_gain = std::same_as<Gain, gain::learned>;
  static constexpr bool is_identity = false;
  static constexpr std::string_view name = has_gain ? "rms_norm" : "rms_norm<no gain>";

  TRILITH_EXACT_FLOAT static void apply(const float* x, [[maybe_unused]] const float* g, float* y,
                                        std::size_t n, float eps) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float factor = factor_of(sum_of_squares(x, n), n, eps);
    for (std::size_t i = 0; i < n; ++i) {
      const float normed = x[i] * factor;
      if constexpr (has_gain)
        y[i] = normed * g[i];
      else
        y[i] = normed;
    }
  }

  /// With f = factor_of(...):  dx_i = f g_i dy_i - x_i f^3 / n sum_j g_j dy_j x_j,
  /// dgain_i = dy_i x_i f
  TRILITH_EXACT_FLOAT static void backward(const float* x, [[maybe_unused]] const float* g,
                                           const float* dy, float* dx,
                                           [[maybe_unused]] float* dgain, std::size_t n,
                                           float eps) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const float f = factor_of(sum_of_squares(x, n), n, eps);
    float sum[lanes] = {};
    for (std::size_t i = 0; i < n; ++i) sum[i % lanes] += gained(dy[i], g, i) * x[i];
    const float pull = add_lanes(sum) * f * f * f / static_cast<float>(n);
    for (std::size_t i = 0; i < n; ++i) {
      const float upstream = dy[i];
      dx[i] = f * gained(upstream, g, i) - pull * x[i];
      if constexpr (has_gain) dgain[i] = upstream * (x[i] * f);
    }
  }

  /// What n values with this sum of squares are multiplied by.
  [[nodiscard]] static float factor_of(float sum, std::size_t n, float eps) noexcept {
    const float mean_square = sum / static_cast<float>(n);
    return 1.0f / square_root(mean_square + eps);
  }

 private:
  [[nodiscard]] static float gained(float x, [[maybe_unused]] const float* g,
                                    [[maybe_unused]] std::size_t i) noexcept {
    if constexpr (has_gain)
      return x * g[i];
    else
      return x;
  }
};

/// An rms_norm in front of the second product of a sub-layer (SubLN): attention's output
/// projection, the feed-forward network's down projection.
template <class Gain = gain::learned>
struct sub_norm : rms_norm<Gain> {
  static constexpr std::string_view name =
      rms_norm<Gain>::has_gain ? "sub_norm" : "sub_norm<no gain>";
};

/// Whether N computes x * rms_norm<>::factor_of(...) and then multiplies by its gains, if any.
template <class N>
inline constexpr bool is_root_mean_square = false;
template <class Gain>
inline constexpr bool is_root_mean_square<rms_norm<Gain>> = true;
template <class Gain>
inline constexpr bool is_root_mean_square<sub_norm<Gain>> = true;

/// y_i = (x_i - mean(x)) / sqrt(var(x) + eps): the parameter-free norm inside b1's BitLinear.
/// @see arXiv 2310.11453, equation 11.
struct layer_norm {
  using policy_kind = norm_kind;
  static constexpr bool has_gain = false, is_identity = false;
  static constexpr std::string_view name = "layer_norm<no gain>";

  TRILITH_EXACT_FLOAT static void apply(const float* x, const float*, float* y, std::size_t n,
                                        float eps) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float sum[lanes] = {};
    for (std::size_t i = 0; i < n; ++i) sum[i % lanes] += x[i];
    const float mean = add_lanes(sum) / static_cast<float>(n);
    for (std::size_t i = 0; i < n; ++i) y[i] = x[i] - mean;
    const float variance = sum_of_squares(y, n) / static_cast<float>(n);
    scale_by(y, 1.0f / square_root(variance + eps), n);
  }

  /// With y the result and f = 1 / sqrt(var + eps):  dx_i = f (dy_i - mean(dy) - y_i mean(dy y))
  TRILITH_EXACT_FLOAT static void backward(const float* x, const float*, const float* dy, float* dx,
                                           float*, std::size_t n, float eps) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const auto width = static_cast<float>(n);
    float sum[lanes] = {}, squares[lanes] = {}, slopes[lanes] = {}, along[lanes] = {};
    for (std::size_t i = 0; i < n; ++i) sum[i % lanes] += x[i];
    const float mean = add_lanes(sum) / width;
    for (std::size_t i = 0; i < n; ++i) {
      squares[i % lanes] += (x[i] - mean) * (x[i] - mean);
      slopes[i % lanes] += dy[i];
      along[i % lanes] += dy[i] * (x[i] - mean);
    }
    const float f = 1.0f / square_root(add_lanes(squares) / width + eps);
    const float level = add_lanes(slopes) / width, pull = add_lanes(along) * f * f / width;
    for (std::size_t i = 0; i < n; ++i) dx[i] = f * (dy[i] - level - (x[i] - mean) * pull);
  }
};

/// y = x: the place of a norm that an architecture does not have.
struct no_norm {
  using policy_kind = norm_kind;
  static constexpr bool has_gain = false, is_identity = true;
  static constexpr std::string_view name = "no_norm";
  static void apply(const float* x, const float*, float* y, std::size_t n, float) noexcept {
    if (x == y) return;
    for (std::size_t i = 0; i < n; ++i) y[i] = x[i];
  }
  static void backward(const float*, const float*, const float* dy, float* dx, float*,
                       std::size_t n, float) noexcept {
    if (dy == dx) return;
    for (std::size_t i = 0; i < n; ++i) dx[i] = dy[i];
  }
};

/// Rows [T, n] that a layer normalises itself, while it quantises them: no pass over memory more.
template <Norm N>
struct normed {
  span2d<const float> rows;
  const float* gains = nullptr;
  float eps = 0.0f;
};

/// Every row of x normalised into y; both [T, n].
template <Norm N>
void normalize(span2d<const float> x, const float* gains, span2d<float> y, float eps,
               const executor& run) noexcept {
  if (N::is_identity && x.data == y.data) return;
  run.parallel_for(x.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t t = first; t < last; ++t)
      N::apply(x.data + t * x.stride, gains, y.data + t * y.stride, x.cols, eps);
  });
}

}  // namespace trilith::inline TRILITH_ABI

#endif
