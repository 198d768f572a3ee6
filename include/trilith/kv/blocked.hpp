#ifndef TRILITH_KV_BLOCKED_HPP
#define TRILITH_KV_BLOCKED_HPP

#include <trilith/kv/running.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// Attention with a softmax that runs along, over the positions j <= P that a token at position P
/// sees, in blocks of 64 that begin at multiples of 64, ascending. Per block:
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
struct blocked : running<blocked> {
  [[nodiscard]] static float query(float x) noexcept { return x; }
  [[nodiscard]] static float share(float x) noexcept { return falling_exponential(x); }

  template <class P>
  [[nodiscard]] static float score(const attention_job& a, const float* q, std::size_t tile,
                                   std::size_t lane) noexcept {
    float sum = 0.0f;
    for (std::size_t i = 0; i < a.head_dim; ++i)
      sum = __builtin_fmaf(q[i], P::key(a.keys, a.head_dim, tile, lane, i), sum);
    return sum;
  }

  template <class P>
  static void mix(const attention_job& a, std::size_t first, const float* p, std::size_t count,
                  float shrink, float* mixed) noexcept {
    scale_by(mixed, shrink, a.head_dim);
    for (std::size_t j = 0; j < count; ++j)
      for (std::size_t i = 0; i < a.head_dim; ++i)
        mixed[i] = __builtin_fmaf(p[j], P::value(a.values, a.head_dim, first + j, i), mixed[i]);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
