#ifndef TRILITH_BACKENDS_GRADIENT_PRODUCTS_HPP
#define TRILITH_BACKENDS_GRADIENT_PRODUCTS_HPP

#include <trilith/backends/activation_buffer.hpp>
#include <trilith/backends/gradient_memory.hpp>
#include <trilith/backends/split_product.hpp>
#include <trilith/backends/transposed_codes.hpp>

/// The backward pass of a product of codes with int8 activations, by the integer kernels of the
/// forward pass. Gradients are rounded to 16 bits and cut into two bytes; the sums are exact, so
/// every target and thread count gives the same bits.
namespace trilith::inline TRILITH_ABI {

/// Whether the kernels in use multiply bytes fast enough that these products take less time than
/// multiply_floats: those with dot products do.
[[nodiscard]] inline bool gradients_gain_from_int8() noexcept {
  return detail::split_kernel() != nullptr;
}

/// dX[t, i] (+)= sum_o dY[t, o] W[o, i], W = scale * code.
///
/// w: W turned over, [In, Out]; dy: [T, Out]; dx: [T, In]. Each row of dY, times the scales of W's
/// rows where they have some, is rounded to 16 bits: relative to its largest value, by 2^-16.
inline void input_gradient(const transposed_codes& w, span2d<const float> dy, span2d<float> dx,
                           bool adds, gradient_memory& memory, const executor& run) noexcept {
  TRILITH_PRECONDITION(dy.cols == w.cols && dx.cols == w.rows && dy.rows == dx.rows,
                       "input_gradient() needs W^T [In, Out], dY [T, Out] and dX [T, In].");
  const detail::split_view g =
      memory.split({dy.data, dy.stride, 1, dy.rows, dy.cols, w.row_factors()}, run);
  detail::multiply_split({w.codes.data(), w.rows, w.stride, w.scale}, g, dx, adds, memory, run);
}

/// dW[o, i] (+)= sum_t dY[t, o] scale_t q[t, i].
///
/// dy: [T, Out]; x: [T, In], the activations of the forward pass; dw: [Out, In]. Each column of dY,
/// times the scales of x, is rounded to 16 bits: relative to its largest value, by 2^-16.
inline void weight_gradient(span2d<const float> dy, const activation_view<std::int8_t>& x,
                            span2d<float> dw, bool adds, gradient_memory& memory,
                            const executor& run) noexcept {
  TRILITH_PRECONDITION(dy.rows == x.tokens && dw.rows == dy.cols && dw.cols == x.cols,
                       "weight_gradient() needs dY [T, Out], x [T, In] and dW [Out, In].");
  const detail::split_view g =
      memory.split({dy.data, 1, dy.stride, dy.cols, dy.rows, x.scales}, run);
  const std::int8_t* const codes = memory.transpose(x, run);
  detail::multiply_split({codes, x.cols, memory.token_stride(x.tokens), 1.0f}, g, dw, adds, memory,
                         run);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
