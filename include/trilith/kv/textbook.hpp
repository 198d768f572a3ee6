#ifndef TRILITH_KV_TEXTBOOK_HPP
#define TRILITH_KV_TEXTBOOK_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/kv/jobs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

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

/// Attention as the textbook has it, over the whole row of scores s_j = q . k_j / sqrt(n): with the
/// softmax above and the exponential of core/numeric.hpp.
///
/// Every sum runs in plain ascending order and without fused multiply-add, as in the float32
/// programs that models are compared with, over lanes that are independent of each other: the
/// result depends neither on the vector width nor on how a prompt was cut into passes.
struct textbook {
  template <class P>
  static void attend(const attention_job& a) noexcept {
    for_each_query(a, &mix<P>);
  }

 private:
  template <class P>
  static void mix(const attention_job& a, const float* q, std::size_t positions,
                  float* out) noexcept {
    float* const scores = a.scratch;
    const float root = square_root(static_cast<float>(a.head_dim));
    for (std::size_t j = 0; j < positions; j += key_tile) score_tile<P>(a, q, j, root, scores + j);
    softmax(scores, positions);
    for (std::size_t i = 0; i < a.head_dim; ++i) out[i] = 0.0f;
    for (std::size_t j = 0; j < positions; ++j) add_value<P>(a, scores[j], j, out);
  }

  /// The scores of 16 positions from j on; those not there yet are never looked at.
  template <class P>
  TRILITH_EXACT_FLOAT static void score_tile(const attention_job& a, const float* q, std::size_t j,
                                             float root, float* scores) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float sum[key_tile] = {};
    for (std::size_t i = 0; i < a.head_dim; ++i)
      for (std::size_t l = 0; l < key_tile; ++l)
        sum[l] += q[i] * P::key(a.keys, a.head_dim, j / key_tile, l, i);
    for (std::size_t l = 0; l < key_tile; ++l) scores[l] = sum[l] / root;
  }

  template <class P>
  TRILITH_EXACT_FLOAT static void add_value(const attention_job& a, float p, std::size_t j,
                                            float* out) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < a.head_dim; ++i) out[i] += p * P::value(a.values, a.head_dim, j, i);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
