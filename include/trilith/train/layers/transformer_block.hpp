#ifndef TRILITH_TRAIN_LAYERS_TRANSFORMER_BLOCK_HPP
#define TRILITH_TRAIN_LAYERS_TRANSFORMER_BLOCK_HPP

#include <trilith/model/transformer_block.hpp>
#include <trilith/train/layers/attention.hpp>
#include <trilith/train/layers/gated_ffn.hpp>

namespace trilith::inline TRILITH_ABI {

/// transformer_block<...>: dh += backward of N(h) of the layer's gradient, for both layers.
template <Norm N, Layer Attention, Layer Ffn>
struct trainable<transformer_block<N, Attention, Ffn>> {
  struct tape {
    tape() = default;
    tape(const shape& s, std::size_t tokens, bool blends)
        : attention(s, tokens, blends), ffn(s, tokens, blends), middle(tokens, s.dim) {}
    typename trainable<Attention>::tape attention;
    typename trainable<Ffn>::tape ffn;
    row_buffer middle;  ///< h between the two
  };

  /// h: [T, D], updated in place.
  template <class Parameters>
  static void forward(const Parameters& p, span2d<float> h, tape& kept, pass_context& c) noexcept {
    add_layer<Attention>(p.attention, p.attention_norm, h, kept.attention, c);
    const auto middle = kept.middle.rows(h.rows);
    copy_rows(h, middle, c);
    add_layer<Ffn>(p.ffn, p.ffn_norm, h, kept.ffn, c);
  }

  /// dh: [T, D], the gradient of the result, becomes that of h, which entered.
  template <class Parameters, class Gradients>
  static void backward(const Parameters& p, Gradients& d, tape& kept, span2d<const float> h,
                       span2d<float> dh, pass_context& c) noexcept {
    const auto dx = c.inward.rows(dh.rows);
    trainable<Ffn>::backward(p.ffn, d.ffn, kept.ffn, dh, dx, c);
    leave(kept.middle.rows(dh.rows), p.ffn_norm, d.ffn_norm, dx, dh, c);
    trainable<Attention>::backward(p.attention, d.attention, kept.attention, dh, dx, c);
    leave(h, p.attention_norm, d.attention_norm, dx, dh, c);
  }

  /// f(name, zeros, values) for the input of each product of the last forward pass.
  template <class F>
  static void count_zeros(tape& kept, const pass_context& c, F&& f) {
    trainable<Attention>::count_zeros(kept.attention, c, f);
    trainable<Ffn>::count_zeros(kept.ffn, c, f);
  }

  static void copy_rows(span2d<const float> from, span2d<float> to, pass_context& c) noexcept {
    c.run().parallel_for(from.rows, 16, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        __builtin_memcpy(&to(t, 0), &from(t, 0), from.cols * sizeof(float));
    });
  }

 private:
  template <class Sub, class Parameters>
  static void add_layer(const Parameters& p, const parameter_vector& gains, span2d<float> h,
                        typename trainable<Sub>::tape& kept, pass_context& c) noexcept {
    const auto y = c.work.projected.rows(h.rows);
    const normed<N> x{h, gains.values.data(), c.work.settings.norm_eps};
    trainable<Sub>::forward(p, x, y, kept, c);
    add_rows<detail::backend_of<Sub>>(h, y, c.run());
  }

  /// dh += backward of N(h) of dx
  static void leave(span2d<const float> h, const parameter_vector& gains, parameter_vector& dgains,
                    span2d<float> dx, span2d<float> dh, pass_context& c) noexcept {
    const normed<N> x{h, gains.values.data(), c.work.settings.norm_eps};
    normalize_back(x, dx, dx, dgains, c);
    add_rows<void>(dh, dx, c.run());
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
