#ifndef TRILITH_TRAIN_LAYERS_EDGED_BLOCK_HPP
#define TRILITH_TRAIN_LAYERS_EDGED_BLOCK_HPP

#include <trilith/model/edged_block.hpp>
#include <trilith/train/layers/transformer_block.hpp>

namespace trilith::inline TRILITH_ABI {

/// edged_block<...>: each block by the kind it is.
template <Block Inner, Block Edge>
struct trainable<edged_block<Inner, Edge>> {
  struct tape {
    tape() = default;
    tape(const shape& s, std::size_t tokens, bool blends)
        : inner(s, tokens, blends), edge(s, tokens, blends) {}
    typename trainable<Inner>::tape inner;
    typename trainable<Edge>::tape edge;  // memory that is never written is none of the program's
  };

  template <class Parameters>
  static void forward(const Parameters& p, span2d<float> h, tape& kept, pass_context& c) noexcept {
    if (is_edge(c))
      trainable<Edge>::forward(p, h, kept.edge, c);
    else
      trainable<Inner>::forward(p, h, kept.inner, c);
  }
  template <class Parameters, class Gradients>
  static void backward(const Parameters& p, Gradients& d, tape& kept, span2d<const float> h,
                       span2d<float> dh, pass_context& c) noexcept {
    if (is_edge(c))
      trainable<Edge>::backward(p, d, kept.edge, h, dh, c);
    else
      trainable<Inner>::backward(p, d, kept.inner, h, dh, c);
  }
  static void copy_rows(span2d<const float> from, span2d<float> to, pass_context& c) noexcept {
    trainable<Inner>::copy_rows(from, to, c);
  }
  template <class F>
  static void count_zeros(tape& kept, const pass_context& c, F&& f) {
    if (is_edge(c))
      trainable<Edge>::count_zeros(kept.edge, c, f);
    else
      trainable<Inner>::count_zeros(kept.inner, c, f);
  }

 private:
  [[nodiscard]] static bool is_edge(const pass_context& c) noexcept {
    return edged_block<Inner, Edge>::is_edge(c.layer, c.work.sizes.layers);
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
