#ifndef TRILITH_TRAIN_ATTENTION_BACK_HPP
#define TRILITH_TRAIN_ATTENTION_BACK_HPP

#include <trilith/train/pass_context.hpp>

namespace trilith::inline TRILITH_ABI {

/// Queries, keys and values of a pass as the scores saw them, and what attention made of them; all
/// [T, heads * head_dim] of all sequences.
struct attention_rows_of_pass {
  span2d<float> query, key, value, mixed;
};

/// The backward pass of O = P V, P = softmax(Q K^T / sqrt(d) + causal), for each head of each
/// sequence. With dO given and delta_i = dO_i . O_i:
///
///     dV = P^T dO     dS = P * (dO V^T - delta) / sqrt(d)     dQ = dS K     dK = dS^T Q
///
/// where the heads that share keys add up their dK and dV, one after the other. P is computed anew
/// for some rows at a time, never a whole [T, T].
/// @see Dao et al.: "FlashAttention", arXiv 2205.14135, appendix B.
class attention_backward {
 public:
  /// @param d  the gradients; d.mixed is given, the others are written
  attention_backward(const attention_rows_of_pass& x, const attention_rows_of_pass& d,
                     pass_context& c) noexcept
      : x_(x), d_(d), c_(c), head_dim_(c.work.sizes.head_dim) {
    factor_ = 1.0f / square_root(static_cast<float>(head_dim_));
  }

  void run() noexcept {
    const shape& s = c_.work.sizes;
    c_.run().parallel_for(c_.sequences * s.kv_heads, 1,
                          [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                            for (std::size_t i = first; i < last; ++i)
                              share_keys(i / s.kv_heads, i % s.kv_heads, slot);
                          });
  }

 private:
  /// All query heads that read kv head `kv` of sequence b.
  void share_keys(std::size_t b, std::size_t kv, std::size_t slot) noexcept {
    const std::size_t sharing = c_.work.sizes.heads / c_.work.sizes.kv_heads;
    const std::size_t row = b * c_.length;
    clear(head(d_.key, row, kv)), clear(head(d_.value, row, kv));
    for (std::size_t h = kv * sharing; h < (kv + 1) * sharing; ++h)
      for (std::size_t first = 0; first < c_.length; first += pass_context::attention_rows)
        pass_rows(row, first, h, kv, slot);
  }

  /// Rows [first, first + count) of a head see the keys before first + count.
  void pass_rows(std::size_t row, std::size_t first, std::size_t h, std::size_t kv,
                 std::size_t slot) noexcept {
    const std::size_t count = min_of(pass_context::attention_rows, c_.length - first);
    const std::size_t seen = first + count, stride = round_up(c_.length, 16);
    float* const memory = &c_.head_memory.rows(slot + 1)(slot, 0);
    const span2d<float> p(memory, count, seen, stride);
    const span2d<float> ds(memory + pass_context::attention_rows * stride, count, seen, stride);
    const std::span<float> scratch(ds.data + pass_context::attention_rows * stride,
                                   float_product_memory(1));
    const auto q = head(x_.query, row, h).rows_from(first, count);
    const auto dout = head(d_.mixed, row, h).rows_from(first, count);
    const auto k = head(x_.key, row, kv).rows_from(0, seen);
    const auto v = head(x_.value, row, kv).rows_from(0, seen);
    multiply_floats(q, float_matrix(k).transposed(), p, false, scratch, {});
    multiply_floats(dout, float_matrix(v).transposed(), ds, false, scratch, {});
    for (std::size_t i = 0; i < count; ++i) {
      const float delta = dot(&dout(i, 0), &head(x_.mixed, row + first + i, h)(0, 0), head_dim_);
      soften(&p(i, 0), &ds(i, 0), first + i + 1, seen, delta);
    }
    multiply_floats(ds, k, head(d_.query, row, h).rows_from(first, count), false, scratch, {});
    multiply_floats(float_matrix(ds).transposed(), q, head(d_.key, row, kv).rows_from(0, seen),
                    true, scratch, {});
    multiply_floats(float_matrix(p).transposed(), dout, head(d_.value, row, kv).rows_from(0, seen),
                    true, scratch, {});
  }

  /// p: scores -> probabilities of the first `seen` keys, ds: dP -> dS; zeros up to `width`.
  void soften(float* p, float* ds, std::size_t seen, std::size_t width,
              float delta) const noexcept {
    const auto& rows = simd::gradients().rows;
    const float sum = rows.exponentials(p, rows.highest(p, seen), factor_, seen);
    rows.softmax_back(p, ds, 1.0f / sum, delta, factor_, seen);
    for (std::size_t j = seen; j < width; ++j) p[j] = ds[j] = 0.0f;
  }

  [[nodiscard]] span2d<float> head(span2d<float> x, std::size_t row, std::size_t h) const noexcept {
    return {&x(row, h * head_dim_), c_.length, head_dim_, x.stride};
  }
  static void clear(span2d<float> x) noexcept {
    for (std::size_t r = 0; r < x.rows; ++r) __builtin_memset(&x(r, 0), 0, x.cols * sizeof(float));
  }

  attention_rows_of_pass x_, d_;
  pass_context& c_;
  std::size_t head_dim_;
  float factor_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
