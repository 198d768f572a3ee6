#ifndef TRILITH_TRAIN_PRODUCT_INPUT_HPP
#define TRILITH_TRAIN_PRODUCT_INPUT_HPP

#include <trilith/layers/scheme.hpp>
#include <trilith/train/kept_rows.hpp>
#include <trilith/train/pass_context.hpp>
#include <trilith/train/working_matrix.hpp>

namespace trilith::inline TRILITH_ABI {

/// The input of products as their backward pass takes it: floats, or the codes themselves.
struct back_input {
  float_matrix floats;
  activation_view<std::int8_t> codes;                ///< of no tokens where floats are multiplied
  gradient_numbers numbers = gradient_numbers::f32;  ///< of floats
};

/// What entered the products of scheme S in the forward pass: quantised once for all matrices that
/// read it, and kept for the gradients of their weights. The quantiser is straight-through: the
/// gradient of x~ is that of x.
template <Scheme S>
class product_input {
  using stored = typename working_matrix<typename S::weights>::stored_type;
  using A = activations_for<stored, typename S::activations>;
  using X = typename A::element;

 public:
  product_input() = default;
  product_input(std::size_t tokens, std::size_t width, bool blends)
      : rows_(tokens, width), blended_(blends ? tokens : 0, blends ? width : 0) {}

  /// x~ of N(x), for products with `w`.
  template <Norm N>
  void take(const working_matrix<typename S::weights>& w, const normed<N>& x,
            pass_context& c) noexcept {
    take(quantize_for<S>(w.stored, x, c.work.quantized, c.run()), c,
         [&x](std::size_t t, float* out) noexcept {
           N::apply(&x.rows(t, 0), x.gains, out, x.rows.cols, x.eps);
         });
  }

  /// The same of rows that are quantised already; floats(t, out) writes row t before it was.
  template <class Floats>
  void take(const activation_view<X>& x, pass_context& c, const Floats& floats) noexcept {
    view_ = x;
    rows_.keep(x, c.run());
    is_blended_ = c.blend < 1.0f;
    if (is_blended_) blend(c, floats);
  }

  /// y = W x~
  void multiply(const working_matrix<typename S::weights>& w, span2d<float> y,
                pass_context& c) const noexcept {
    if constexpr (working_matrix<typename S::weights>::is_coded)
      if (!w.is_blended) return apply<S>(w.stored, view_, y, c.run());
    c.multiply(floats(c), w.matrix().transposed(), y, false);
  }

  /// What multiply_back() takes: codes where they can be multiplied.
  [[nodiscard]] back_input for_gradients(pass_context& c) const noexcept {
    if constexpr (working_matrix<typename S::weights>::turns && std::is_same_v<X, std::int8_t>)
      if (c.by_integers && !is_blended_) return {{}, rows_.view(view_.tokens)};
    return {floats(c), {}, c.of_floats};
  }

  /// How many of the first tokens' values are zero, and how many there are.
  [[nodiscard]] std::size_t zeros(std::size_t tokens) const noexcept {
    std::size_t found = 0;
    for (std::size_t t = 0; t < tokens; ++t)
      for (std::size_t i = 0; i < view_.cols; ++i) found += rows_.row(t)[i] == X{};
    return found;
  }
  [[nodiscard]] std::size_t values(std::size_t tokens) const noexcept {
    return tokens * view_.cols;
  }

  /// From dL/dx~ to the gradient of what was quantised, in place.
  void rotate_back([[maybe_unused]] span2d<float> dx,
                   [[maybe_unused]] pass_context& c) const noexcept {
    if constexpr (activations::rotates<A>)
      c.run().parallel_for(dx.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
        for (std::size_t t = first; t < last; ++t) A::rotate(&dx(t, 0), dx.cols);
      });
  }

  /// x~ as floats, [T, In]: in c.decoded until the next call, or where they are already.
  [[nodiscard]] float_matrix floats(pass_context& c) const noexcept {
    if (is_blended_) return const_cast<row_buffer&>(blended_).rows(view_.tokens);
    const auto out = c.decoded.rows(view_.tokens).columns(view_.cols);
    if constexpr (std::is_same_v<A, activations::f32>)
      return span2d<const float>(rows_.row(0), view_.tokens, view_.cols, rows_.stride());
    else
      rows_.decode(out, c.run());
    return out;
  }

 private:
  /// blended = x + lambda (x~ - x)
  template <class Floats>
  void blend(pass_context& c, const Floats& floats) noexcept {
    const auto out = blended_.rows(view_.tokens);
    rows_.decode(out, c.run());
    const auto scratch = c.decoded.rows(view_.tokens);
    c.run().parallel_for(out.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t) {
        floats(t, &scratch(t, 0));
        if constexpr (activations::rotates<A>) A::rotate(&scratch(t, 0), out.cols);
        for (std::size_t i = 0; i < out.cols; ++i)
          out(t, i) = scratch(t, i) + c.blend * (out(t, i) - scratch(t, i));
      }
    });
  }

  activation_view<X> view_;  // its data are valid until other rows are quantised
  kept_rows<X> rows_;
  row_buffer blended_;
  bool is_blended_ = false;
};

/// The backward pass of y = W x~ for dL/dy [T, Out]:  dL/dWq += dL/dy^T x~,  dL/dx (+)= dL/dy Wq.
///
/// @param x   product_input::for_gradients()
/// @param dw  [Out, In], of the quantised weights: training_pass makes it one of the latent ones
template <class W>
void multiply_back(const working_matrix<W>& w, const back_input& x, span2d<const float> dy,
                   plain_matrix<weights::f32>& dw, span2d<float> dx, bool adds,
                   pass_context& c) noexcept {
  const span2d<float> out(dw.elements.data(), dw.rows, dw.cols);
  if (x.codes.tokens != 0) {
    weight_gradient(dy, x.codes, out, true, c.memory, c.run());
    input_gradient(w.turned, dy, dx, adds, c.memory, c.run());
  } else {
    c.multiply(float_matrix(dy).transposed(), x.floats, out, true, x.numbers);
    c.multiply(dy, w.matrix(), dx, adds, x.numbers);
  }
}

}  // namespace trilith::inline TRILITH_ABI

#endif
