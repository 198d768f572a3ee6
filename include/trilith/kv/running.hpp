#ifndef TRILITH_KV_RUNNING_HPP
#define TRILITH_KV_RUNNING_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/kv/exponential.hpp>
#include <trilith/kv/jobs.hpp>

namespace trilith::inline TRILITH_ABI::kv {

/// The loops of a softmax that runs along ("online"): the positions j <= P that a token at position
/// P sees in blocks of 64 that begin at multiples of 64, ascending, under the maximum so far. An
/// Order says how a block is computed:
///
///     query(x)                        one value of a query as it is multiplied
///     score<P>(a, q, tile, lane)      q . k_j, not scaled yet
///     share(x)                        p_j of x = s_j - m'
///     mix<P>(a, first, p, count, shrink, mixed)
///                                     mixed = shrink * mixed + sum_j p_j v_j
///
/// @see Milakov, Gimelshein: arXiv 1805.02867; Dao et al.: arXiv 2205.14135.
template <class Order>
struct running {
  template <class P>
  static void attend(const attention_job& a) noexcept {
    for_each_query(a, &mix<P>);
  }

 private:
  /// What is known of one query after some blocks.
  struct state {
    float top = -__builtin_inff();
    float sums[lanes] = {};
    float* query = nullptr;  ///< [head_dim]
    float* mixed = nullptr;  ///< [head_dim]
  };

  template <class P>
  TRILITH_EXACT_FLOAT static void mix(const attention_job& a, const float* q, std::size_t positions,
                                      float* out) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    state s;
    s.query = a.scratch;
    s.mixed = a.scratch + a.head_dim;
    for (std::size_t i = 0; i < a.head_dim; ++i) {
      s.query[i] = Order::query(q[i]);
      s.mixed[i] = 0.0f;
    }
    for (std::size_t j = 0; j < positions; j += attention_block)
      add_block<P>(a, j, min_of(positions - j, attention_block), s);
    const float share = 1.0f / add_lanes(s.sums);
    for (std::size_t i = 0; i < a.head_dim; ++i) out[i] = s.mixed[i] * share + 0.0f;
  }

  /// Positions [first, first + count).
  template <class P>
  TRILITH_EXACT_FLOAT static void add_block(const attention_job& a, std::size_t first,
                                            std::size_t count, state& s) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float p[attention_block], top = s.top;
    const float scale = 1.0f / square_root(static_cast<float>(a.head_dim));
    for (std::size_t j = 0; j < count; ++j) {
      const std::size_t tile = (first + j) / key_tile, lane = (first + j) % key_tile;
      p[j] = Order::template score<P>(a, s.query, tile, lane) * scale;
      top = max_of(top, p[j]);
    }
    const float shrink = falling_exponential(s.top - top);
    s.top = top;
    scale_by(s.sums, shrink, lanes);
    for (std::size_t j = 0; j < count; ++j) {
      p[j] = Order::share(p[j] - top);
      s.sums[j % lanes] += p[j];
    }
    Order::template mix<P>(a, first, p, count, shrink, s.mixed);
  }
};

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
