#ifndef TRILITH_TRAIN_LAYERS_ATTENTION_HPP
#define TRILITH_TRAIN_LAYERS_ATTENTION_HPP

#include <trilith/layers/attention.hpp>
#include <trilith/train/attention_back.hpp>
#include <trilith/train/gain_gradients.hpp>
#include <trilith/train/product_input.hpp>
#include <trilith/train/trainable.hpp>

namespace trilith::inline TRILITH_ABI {

/// attention<...>: the gradients of softmax attention through grouped heads, rotary positions and
/// head norms.
template <Scheme S, Norm SubNorm, Rotary Pairing, Norm HeadNorm>
struct trainable<attention<S, SubNorm, Pairing, HeadNorm>> {
  using backend = typename S::backend;

  struct tape {
    tape() = default;
    tape(const shape& s, std::size_t tokens, bool blends)
        : input(tokens, s.dim, blends),
          output_input(tokens, extent(s, axis::query_dim), blends),
          query(tokens, extent(s, axis::query_dim)),
          key(tokens, extent(s, axis::kv_dim)),
          value(tokens, extent(s, axis::kv_dim)),
          mixed(tokens, extent(s, axis::query_dim)),
          raw_query(kept_raw(tokens), extent(s, axis::query_dim)),
          raw_key(kept_raw(tokens), extent(s, axis::kv_dim)) {}
    product_input<S> input;
    product_input<typename S::output> output_input;
    row_buffer query, key;  ///< turned
    row_buffer value, mixed;
    row_buffer raw_query, raw_key;  ///< before the norm of heads, where there is one

   private:
    [[nodiscard]] static std::size_t kept_raw(std::size_t tokens) noexcept {
      return HeadNorm::is_identity ? 0 : tokens;
    }
  };

  template <class Parameters, Norm N>
  static void forward(const Parameters& p, const normed<N>& x, span2d<float> y, tape& kept,
                      pass_context& c) noexcept {
    const std::size_t tokens = x.rows.rows;
    const auto q = kept.query.rows(tokens), k = kept.key.rows(tokens), v = kept.value.rows(tokens);
    kept.input.take(p.query, x, c);
    kept.input.multiply(p.query, q, c);
    kept.input.multiply(p.key, k, c);
    kept.input.multiply(p.value, v, c);
    normalize_heads(q, p.query_norm, kept.raw_query, c);
    normalize_heads(k, p.key_norm, kept.raw_key, c);
    turn_and_store(q, k, v, c);
    const auto mixed = kept.mixed.rows(tokens);
    forward_context context{c.work, c.cache, c.all_slots()};
    attend(q, mixed, functions_for<backend>(c.cache.format()), context);
    kept.output_input.take(p.output, sub_normed(p, mixed, c), c);
    kept.output_input.multiply(p.output, y, c);
  }

  template <class Parameters, class Gradients>
  static void backward(const Parameters& p, Gradients& d, tape& kept, span2d<const float> dy,
                       span2d<float> dx, pass_context& c) noexcept {
    const std::size_t tokens = dy.rows;
    const auto mixed = kept.mixed.rows(tokens), dmixed = c.first.rows(tokens).columns(mixed.cols);
    multiply_back(p.output, kept.output_input.for_gradients(c), dy, d.output, dmixed, false, c);
    kept.output_input.rotate_back(dmixed, c);
    normalize_back(sub_normed(p, mixed, c), dmixed, dmixed, d.sub_norm, c);

    const attention_rows_of_pass rows{kept.query.rows(tokens), kept.key.rows(tokens),
                                      kept.value.rows(tokens), mixed};
    const auto dq = c.second.rows(tokens).columns(rows.query.cols);
    const auto dk = c.third.rows(tokens).columns(rows.key.cols);
    const auto dv = behind(dk, c.third.rows(tokens));
    attention_backward(rows, {dq, dk, dv, dmixed}, c).run();
    turn_back(dq, dk, c);
    normalize_heads_back(dq, p.query_norm, d.query_norm, kept.raw_query, c);
    normalize_heads_back(dk, p.key_norm, d.key_norm, kept.raw_key, c);

    const back_input x = kept.input.for_gradients(c);
    multiply_back(p.query, x, dq, d.query, dx, false, c);
    multiply_back(p.key, x, dk, d.key, dx, true, c);
    multiply_back(p.value, x, dv, d.value, dx, true, c);
    kept.input.rotate_back(dx, c);
  }

  template <class F>
  static void count_zeros(tape& kept, const pass_context& c, F&& f) {
    const std::size_t tokens = c.rows();
    f("attention", kept.input.zeros(tokens), kept.input.values(tokens));
    f("output", kept.output_input.zeros(tokens), kept.output_input.values(tokens));
  }

 private:
  template <class Parameters>
  [[nodiscard]] static normed<SubNorm> sub_normed(const Parameters& p, span2d<const float> mixed,
                                                  const pass_context& c) noexcept {
    return {mixed, p.sub_norm.values.data(), c.work.settings.norm_eps};
  }

  static void normalize_heads(span2d<float> x, const parameter_vector& gains, row_buffer& raw,
                              pass_context& c) noexcept {
    if constexpr (!HeadNorm::is_identity) {
      const auto before = raw.rows(x.rows);
      const std::size_t n = c.work.sizes.head_dim;
      for (std::size_t t = 0; t < x.rows; ++t) {
        __builtin_memcpy(&before(t, 0), &x(t, 0), x.cols * sizeof(float));
        for (std::size_t i = 0; i < x.cols; i += n)
          HeadNorm::apply(&before(t, i), gains.values.data(), &x(t, i), n,
                          c.work.settings.norm_eps);
      }
    }
  }
  static void normalize_heads_back(span2d<float> dx, const parameter_vector& gains,
                                   parameter_vector& dgains, row_buffer& raw,
                                   pass_context& c) noexcept {
    if constexpr (!HeadNorm::is_identity)
      trilith::normalize_heads_back(
          normed<HeadNorm>{raw.rows(dx.rows), gains.values.data(), c.work.settings.norm_eps}, dx,
          dgains, c.work.sizes.head_dim, c);
  }

  static void turn_and_store(span2d<float> q, span2d<float> k, span2d<float> v,
                             pass_context& c) noexcept {
    const kv_functions with = functions_for<backend>(c.cache.format());
    turn(q, k, c, [&](std::size_t t) noexcept { return c.work.angles.sines(t); });
    c.run().parallel_for(q.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        c.cache.store(c.slots[t].sequence, 0, c.slots[t].position, &k(t, 0), &v(t, 0), with);
    });
  }
  /// The inverse of a rotation is its transpose: the same angles, the other way round.
  static void turn_back(span2d<float> dq, span2d<float> dk, pass_context& c) noexcept {
    const std::size_t pairs = c.work.sizes.head_dim / 2;
    turn(dq, dk, c, [&](std::size_t t) noexcept { return c.back_sines.data() + t * pairs; });
  }
  template <class Sines>
  static void turn(span2d<float> q, span2d<float> k, pass_context& c, const Sines& sines) noexcept {
    const shape& s = c.work.sizes;
    c.run().parallel_for(q.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t) {
        const float* cosines = c.work.angles.cosines(t);
        turn_heads<Pairing, backend>(&q(t, 0), s.heads, cosines, sines(t), s.head_dim);
        turn_heads<Pairing, backend>(&k(t, 0), s.kv_heads, cosines, sines(t), s.head_dim);
      }
    });
  }

  /// The columns of `rows` behind those of x, as many: K <= H, so there is room for two.
  [[nodiscard]] static span2d<float> behind(span2d<float> x, span2d<float> rows) noexcept {
    return {rows.data + round_up(x.cols, 16), x.rows, x.cols, rows.stride};
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
