#ifndef TRILITH_LAYERS_ATTENTION_SCORES_HPP
#define TRILITH_LAYERS_ATTENTION_SCORES_HPP

#include <trilith/core/numeric.hpp>

namespace trilith::inline TRILITH_ABI {

/// Keys are visited in tiles of this many positions, always counted from position 0, so that a
/// token's result does not depend on how a prompt was cut into passes.
inline constexpr std::size_t attention_tile = 32;

/// out = sum_j softmax_j(q . k_j / sqrt(n)) v_j over positions j in [0, positions), for one head.
///
/// Online softmax: one pass over keys and values with a running maximum m and sum l; whenever m
/// grows, what was added so far shrinks by exp(m_old - m_new). No scores are stored.
///
/// @param q      [n] query
/// @param keys   key j at keys + j * stride, [n]; values likewise
/// @param out    [n], overwritten
/// @see Milakov, Gimelshein: "Online normalizer calculation for softmax", arXiv 1805.02867.
TRILITH_EXACT_FLOAT inline void attend(const float* q, const float* keys, const float* values,
                                       std::size_t stride, std::size_t positions, std::size_t n,
                                       float* out) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const float shrink = 1.0f / square_root(static_cast<float>(n));
  float most = -__builtin_huge_valf(), total = 0.0f;
  for (std::size_t i = 0; i < n; ++i) out[i] = 0.0f;
  for (std::size_t first = 0; first < positions; first += attention_tile) {
    const std::size_t count = min_of(attention_tile, positions - first);
    float weight[attention_tile];
    float top = most;
    for (std::size_t j = 0; j < count; ++j) {
      weight[j] = dot(q, keys + (first + j) * stride, n) * shrink;
      top = max_of(top, weight[j]);
    }
    const float fade = exponential(most - top);
    most = top;
    total *= fade;
    scale_by(out, fade, n);
    for (std::size_t j = 0; j < count; ++j) {
      const float p = exponential(weight[j] - most);
      total += p;
      add_scaled(out, p, values + (first + j) * stride, n);
    }
  }
  scale_by(out, 1.0f / total, n);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
