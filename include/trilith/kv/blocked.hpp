#ifndef TRILITH_KV_BLOCKED_HPP
#define TRILITH_KV_BLOCKED_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/kv/exponential.hpp>
#include <trilith/kv/jobs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Attention with a softmax that runs along ("online"), over the positions j <= P that a token at
/// position P sees, in blocks of 64 that begin at multiples of 64, ascending. Per block:
///
///     s_j  = fma(q_i, k_ij, ...) over ascending i from +0, times float(1 / sqrt(n)), rounded
///     m'   = max(m, max_j s_j);  c = e(m - m');  p_j = e(s_j - m')        (m = -inf before)
///     l_x  = c l_x, rounded, then + p_j over ascending j with j % 16 = x
///     a_i  = c a_i, rounded, then fma(p_j, v_ji, a_i) over ascending j
///
/// and at the end out_i = a_i (1 / l) + 0 with l the 16 lanes added by add_lanes(), each operation
/// rounded; the sum with +0 makes every zero +0. e is falling_exponential(). Operations are IEEE
/// single; fma rounds once, everywhere: where there is no such instruction it is computed exactly
/// in double. So the result is the same for all targets, threads and batches, and for a prompt fed
/// in any pieces (test/kernels/attention.cpp). Positions after P do not take part, whatever is
/// stored there.
///
/// @see Milakov, Gimelshein: arXiv 1805.02867; Dao et al.: arXiv 2205.14135.
struct blocked {
  template <class P>
  static void attend(const attention_job& a) noexcept {
    for_each_query(a, &mix<P>);
  }

 private:
  /// What is known of one query after some blocks.
  struct state {
    float top = -__builtin_inff();
    float sums[lanes] = {};
    float* mixed = nullptr;  ///< [head_dim]
  };

  template <class P>
  TRILITH_EXACT_FLOAT static void mix(const attention_job& a, const float* q, std::size_t positions,
                                      float* out) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    state s;
    s.mixed = a.scratch;
    for (std::size_t i = 0; i < a.head_dim; ++i) s.mixed[i] = 0.0f;
    for (std::size_t j = 0; j < positions; j += attention_block)
      add_block<P>(a, q, j, min_of(positions - j, attention_block), s);
    const float share = 1.0f / add_lanes(s.sums);
    for (std::size_t i = 0; i < a.head_dim; ++i) out[i] = s.mixed[i] * share + 0.0f;
  }

  /// Positions [first, first + count).
  template <class P>
  TRILITH_EXACT_FLOAT static void add_block(const attention_job& a, const float* q,
                                            std::size_t first, std::size_t count,
                                            state& s) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float scores[attention_block], top = s.top;
    const float scale = 1.0f / square_root(static_cast<float>(a.head_dim));
    for (std::size_t j = 0; j < count; ++j) {
      float sum = 0.0f;
      const std::size_t tile = (first + j) / key_tile, lane = (first + j) % key_tile;
      for (std::size_t i = 0; i < a.head_dim; ++i)
        sum = __builtin_fmaf(q[i], P::key(a.keys, a.head_dim, tile, lane, i), sum);
      scores[j] = sum * scale;
      top = max_of(top, scores[j]);
    }
    const float shrink = falling_exponential(s.top - top);
    s.top = top;
    scale_by(s.mixed, shrink, a.head_dim);
    scale_by(s.sums, shrink, lanes);
    for (std::size_t j = 0; j < count; ++j) {
      const float p = falling_exponential(scores[j] - top);
      s.sums[j % lanes] += p;
      for (std::size_t i = 0; i < a.head_dim; ++i)
        s.mixed[i] = __builtin_fmaf(p, P::value(a.values, a.head_dim, first + j, i), s.mixed[i]);
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
