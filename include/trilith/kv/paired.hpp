#ifndef TRILITH_KV_PAIRED_HPP
#define TRILITH_KV_PAIRED_HPP

#include <trilith/core/half.hpp>
#include <trilith/kv/running.hpp>

namespace trilith {

/// The numbers of the paired order, for its vector forms too.
struct paired_terms {
  static constexpr std::size_t step = 32;      ///< products of a pair of chains
  static constexpr float smallest = 0x1p-50f;  ///< magnitudes below it become 0
  static constexpr float largest = 0x1p60f;    ///< and those beyond it this
};

}  // namespace trilith

namespace trilith::inline TRILITH_ABI::kv {

/// x to 8 bits, as keys and values are kept: nearest, ties to even, 0 below 2^-50, at most 2^60; 0
/// for NaN.
[[nodiscard]] constexpr bfloat16 narrowed(float x) noexcept {
  using terms = paired_terms;
  const float magnitude = x < 0.0f ? -x : x;
  if (!(magnitude >= terms::smallest)) return {};
  return to_bfloat16(clamp_to(x, -terms::largest, terms::largest));
}

/// Attention with a softmax that runs along, in the order of instructions that multiply pairs of
/// bfloat16. b() rounds to bfloat16 as narrowed() does, but what is not finite in a query becomes
/// NaN. In steps of 32 products, ascending, from +0,
///
///     sum  = sum + (even + odd)       even: products 0, 2, 4 ... of the step added in this order,
///                                     from +0; odd: 1, 3, 5 ... likewise
///
/// and over the positions j <= P that a token at position P sees, in blocks of 64 that begin at
/// multiples of 64, ascending:
///
///     s_j  = sum over i of b(q_i) b(k_ij), times float(1 / sqrt(n)), rounded
///     m'   = max(m, max_j s_j);  c = e(m - m')                            (m = -inf before)
///     p_j  = b(short_exponential(s_j - m')), which is 0 below -34
///     l_x  = c l_x, rounded, then + p_j over ascending j with j % 16 = x
///     a_i  = c a_i, rounded, then + the sum over j of p_j b(v_ji), of this block
///
/// and at the end out_i = a_i (1 / l) + 0 with l the 16 lanes added by add_lanes(), each operation
/// rounded; the sum with +0 makes every zero +0. e is falling_exponential(). A product of two
/// bfloat16 is exact in float, so it makes no difference whether it is fused with the addition.
/// What is not 0 is a multiple of 2^-57, hence every sum one of 2^-114: none is subnormal, and it
/// makes no difference whether those are flushed. So the result is the same for all targets,
/// threads and batches, and for a prompt fed in any pieces (test/kernels/attention.cpp). Positions
/// after P do not take part, whatever is stored there.
///
/// @see Intel: Architecture Instruction Set Extensions, TDPBF16PS.
struct paired : running<paired> {
  [[nodiscard]] static float query(float x) noexcept {
    return is_finite(x) ? to_float(narrowed(x)) : __builtin_nanf("");
  }
  [[nodiscard]] static float share(float x) noexcept {
    return to_float(to_bfloat16(short_exponential(x)));
  }

  template <class P>
  [[nodiscard]] static float score(const attention_job& a, const float* q, std::size_t tile,
                                   std::size_t lane) noexcept {
    return sum(a.head_dim, [&](std::size_t i) noexcept {
      return q[i] * P::key(a.keys, a.head_dim, tile, lane, i);
    });
  }

  template <class P>
  TRILITH_EXACT_FLOAT static void mix(const attention_job& a, std::size_t first, const float* p,
                                      std::size_t count, float shrink, float* mixed) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < a.head_dim; ++i)
      mixed[i] = mixed[i] * shrink + sum(count, [&](std::size_t j) noexcept {
                   return p[j] * P::value(a.values, a.head_dim, first + j, i);
                 });
  }

 private:
  /// Of product(i) for i in [0, count).
  template <class Product>
  [[nodiscard]] static float sum(std::size_t count, const Product& product) noexcept {
    float total = 0.0f;
    for (std::size_t first = 0; first < count; first += paired_terms::step) {
      float chain[2] = {};
      const std::size_t end = min_of(count, first + paired_terms::step);
      for (std::size_t i = first; i < end; ++i) chain[i % 2] += product(i);
      total += chain[0] + chain[1];
    }
    return total;
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
