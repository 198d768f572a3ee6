#ifndef TRILITH_ACTIVATIONS_FP4_HPP
#define TRILITH_ACTIVATIONS_FP4_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/activations/minifloat.hpp>
#include <trilith/activations/range.hpp>

namespace trilith::inline TRILITH_ABI::activations {

/// E2M1 with one scale per token: x_i ~ s v_i, v in {0, 0.5, 1, 1.5, 2, 3, 4, 6} with both signs
/// and s = max|x| / 6, so that the largest activation is exact ("MinMax").
///
/// Codes are 2 v, integers up to 12, for the kernels that int8 has. It is the paper's
/// gamma / 2^(M + b) Round(2^(M + b) / gamma x) with gamma = 2^max(floor(log2 |x| + b), 1): where
/// it prints floor(floor(log2 |x|) + b), values between the thresholds would have no code.
/// @see arXiv 2411.04965 (BitNet a4.8), section 2
struct fp4 {
  using policy_kind = activations_kind;
  using element = std::int8_t;
  static constexpr std::string_view name = "fp4";
  static constexpr int bits = 4;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    const rounding_step step = absmax_range::step<12>(x, n);
    for (std::size_t i = 0; i < n; ++i) {
      const float v = step.multiplier * x[i] * 0.5f;
      q[i] = v == v ? static_cast<std::int8_t>(2.0f * round_to<e2m1>(v)) : std::int8_t{0};
    }
    return step.scale;
  }
};

/// MXFP4: E2M1 with one scale for each 32 activations, a power of two:
///
///     x_i ~ 2^e v_i,   e = floor(log2 max|x|) - 2 of the block,   |v| clipped to 6
///
/// Scales inside a row are none that integer products know, so products are of floats.
/// @see Open Compute Project: Microscaling Formats (MX) Specification 1.0, section 6.3
struct mxfp4 {
  using policy_kind = activations_kind;
  using element = float;
  static constexpr std::string_view name = "mxfp4";
  static constexpr int bits = 4;
  static constexpr std::size_t block = 32;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += block) quantize_block(x + i, q + i, min_of(block, n - i));
    return 1.0f;
  }

 private:
  static constexpr void quantize_block(const float* x, element* q, std::size_t n) noexcept {
    const float top = absmax(x, n);
    const float scale = power_of_two(clamp_to(exponent_of(top) - 2, -126, 125));
    for (std::size_t i = 0; i < n; ++i)  // NaN and infinities are to show
      q[i] = is_finite(top) ? round_to<e2m1>(x[i] / scale) * scale : x[i];
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
