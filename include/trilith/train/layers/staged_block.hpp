#ifndef TRILITH_TRAIN_LAYERS_STAGED_BLOCK_HPP
#define TRILITH_TRAIN_LAYERS_STAGED_BLOCK_HPP

#include <trilith/model/staged_block.hpp>
#include <trilith/train/layers/transformer_block.hpp>

namespace trilith::inline TRILITH_ABI {

/// staged_block<...>: as the stage says.
template <Block First, Block Last>
struct trainable<staged_block<First, Last>> {
  struct tape {
    tape() = default;
    tape(const shape& s, std::size_t tokens, bool blends)
        : first(s, tokens, blends), last(s, tokens, blends) {}
    typename trainable<First>::tape first;
    typename trainable<Last>::tape last;  // memory that is never written is none of the program's
  };

  template <class Parameters>
  static void forward(const Parameters& p, span2d<float> h, tape& kept, pass_context& c) noexcept {
    if (c.is_last_stage)
      trainable<Last>::forward(p, h, kept.last, c);
    else
      trainable<First>::forward(p, h, kept.first, c);
  }
  template <class Parameters, class Gradients>
  static void backward(const Parameters& p, Gradients& d, tape& kept, span2d<const float> h,
                       span2d<float> dh, pass_context& c) noexcept {
    if (c.is_last_stage)
      trainable<Last>::backward(p, d, kept.last, h, dh, c);
    else
      trainable<First>::backward(p, d, kept.first, h, dh, c);
  }
  static void copy_rows(span2d<const float> from, span2d<float> to, pass_context& c) noexcept {
    trainable<Last>::copy_rows(from, to, c);
  }
  /// f(name, zeros, values) for the inputs of the block's products: see training_pass.
  template <class F>
  static void count_zeros(tape& kept, const pass_context& c, F&& f) {
    if (c.is_last_stage)
      trainable<Last>::count_zeros(kept.last, c, f);
    else
      trainable<First>::count_zeros(kept.first, c, f);
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
