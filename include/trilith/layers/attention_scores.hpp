#ifndef TRILITH_LAYERS_ATTENTION_SCORES_HPP
#define TRILITH_LAYERS_ATTENTION_SCORES_HPP

#include <trilith/layers/kv_cache.hpp>

namespace trilith::inline TRILITH_ABI {

/// scores_j = q . k_j / sqrt(n) for the positions of one tile; keys: [n, key_tile], q: [n].
TRILITH_EXACT_FLOAT inline void score_tile(const float* q, const float* keys, std::size_t n,
                                           float root, float* scores) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  float sum[key_tile] = {};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < key_tile; ++j) sum[j] += q[i] * keys[i * key_tile + j];
  for (std::size_t j = 0; j < key_tile; ++j) scores[j] = sum[j] / root;
}

/// scores_j = exp(scores_j - max) / sum_k exp(scores_k - max), in ascending order.
inline void softmax(float* scores, std::size_t count) noexcept {
  float top = scores[0], total = 0.0f;
  for (std::size_t j = 1; j < count; ++j) top = max_of(top, scores[j]);
  for (std::size_t j = 0; j < count; ++j) {
    scores[j] = exponential(scores[j] - top);
    total += scores[j];
  }
  for (std::size_t j = 0; j < count; ++j) scores[j] /= total;
}

/// out = sum_j softmax_j(q . k_j / sqrt(n)) v_j over positions j in [0, positions), for one head.
///
/// Every sum runs in ascending order, over lanes that are independent of each other, so the result
/// depends neither on the vector width nor on how a prompt was cut into passes.
///
/// @param q       [n] query
/// @param keys    tiles of kv_cache::keys()
/// @param values  value j at values + j * stride, [n]
/// @param scores  room for `positions` floats, rounded up to a multiple of key_tile
/// @param out     [n], overwritten
inline void attend(const float* q, const float* keys, const float* values, std::size_t stride,
                   std::size_t positions, std::size_t n, float* scores, float* out) noexcept {
  const float root = square_root(static_cast<float>(n));
  for (std::size_t j = 0; j < positions; j += key_tile)
    score_tile(q, keys + j * n, n, root, scores + j);
  softmax(scores, positions);
  for (std::size_t i = 0; i < n; ++i) out[i] = 0.0f;
  for (std::size_t j = 0; j < positions; ++j) add_scaled(out, scores[j], values + j * stride, n);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
