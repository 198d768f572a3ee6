#ifndef TRILITH_TRAIN_TRAINABLE_HPP
#define TRILITH_TRAIN_TRAINABLE_HPP

#include <trilith/train/pass_context.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {
template <class>
inline constexpr bool has_a_backward_pass = false;
}

/// How a layer, block or decoder trains. A layer of a program's own specialises it, with
///
///     struct tape                              what the forward pass keeps of one layer
///       tape(shape, tokens, blends)            for up to so many tokens
///     forward(p, x, y, tape, context)          as the layer's own forward(), bit for bit
///     backward(p, d, tape, dy, dx, context)
///
/// where p holds working matrices, d has gradients in the same places, x is the normed<N> that
/// enters, dy [T, D] the gradient of the result, and dx [T, D] is written: the gradient of N(x).
template <class Layer>
struct trainable {
  static_assert(detail::has_a_backward_pass<Layer>,
                "trilith::training_pass: this layer has no backward pass; specialise "
                "trilith::trainable for it (docs/errors.md).");
};

}  // namespace trilith::inline TRILITH_ABI

#endif
