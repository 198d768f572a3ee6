#ifndef TRILITH_EXAMPLES_STORIES_HPP
#define TRILITH_EXAMPLES_STORIES_HPP

// The blueprint of bitnet-stories-1M, composed from public parts: two small policies of our own,
// and the library's for the rest. No file of the library knows this architecture.

#include <trilith/io/bitllama2c.hpp>
#include <trilith/trilith.hpp>

namespace stories {

namespace tl = trilith;

/// y = x / (|x|_2 sqrt(n)): normalised by its root mean square, then divided by its width. It has
/// no gains and no epsilon. The sum runs one by one, as in the program that trained the model.
struct norm {
  using policy_kind = tl::norm_kind;
  static constexpr std::string_view name = "stories_norm";
  static constexpr bool has_gain = false, is_identity = false;

  TRILITH_EXACT_FLOAT static void apply(const float* x, const float*, float* y, std::size_t n,
                                        float) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float squares = 0.0f;
    for (std::size_t i = 0; i < n; ++i) squares += x[i] * x[i];
    const auto width = static_cast<float>(n);
    const float factor = 1.0f / tl::square_root(squares / width) / width;
    for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * factor;
  }

  /// For training: dx = factor (dy - x (x . dy) / (x . x)).
  TRILITH_EXACT_FLOAT static void backward(const float* x, const float*, const float* dy, float* dx,
                                           float*, std::size_t n, float) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    const auto width = static_cast<float>(n);
    const float squares = tl::dot(x, x, n), along = tl::dot(x, dy, n) / squares;
    const float factor = 1.0f / tl::square_root(squares / width) / width;
    for (std::size_t i = 0; i < n; ++i) dx[i] = factor * (dy[i] - x[i] * along);
  }
};

/// int8 by the largest magnitude, with the step rounded first and its inverse taken from it.
struct step_range {
  static constexpr std::string_view name = "absmax_step";
  [[nodiscard]] static constexpr tl::activations::rounding_step step(const float* x,
                                                                     std::size_t n) noexcept {
    const float top = tl::max_of(tl::absmax(x, n), tl::activations::smallest_magnitude);
    const float scale = top / 127.0f;
    return {1.0f / scale, scale};
  }
};

using scheme =
    tl::scheme<tl::weights::ternary<>, tl::activations::int8<step_range>, tl::backends::automatic>;
using block = tl::transformer_block<norm, tl::attention<scheme, norm, tl::rotary::interleaved>,
                                    tl::gated_ffn<scheme, tl::silu, norm>>;
using blueprint = tl::decoder<block, tl::tied_head<tl::weights::f32>>;

}  // namespace stories

#endif
