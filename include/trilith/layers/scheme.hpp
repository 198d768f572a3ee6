#ifndef TRILITH_LAYERS_SCHEME_HPP
#define TRILITH_LAYERS_SCHEME_HPP

#include <trilith/backends/multiply.hpp>
#include <trilith/core/text.hpp>
#include <trilith/layers/quantize_row.hpp>
#include <trilith/weights/quantize.hpp>

namespace trilith::inline TRILITH_ABI {

/// A scheme is three words: in which numbers weights and activations are, and who multiplies them.
///
///     using ternary = scheme<weights::ternary<>, activations::int8<>, backends::automatic>;
///     using binary = ternary::with_weights<weights::binary<>>;
///
/// A fourth one where a layer's last projection (the output's of attention, the down projection of
/// a feed-forward network) takes activations in other numbers than the first ones do:
///
///     using a4_8 = ternary::with_activations<activations::int4<>>
///                         ::with_output<activations::top_k<50, activations::int8<>>>;
template <weights::Weights W, activations::Activations A, backends::Backend B,
          activations::Activations Output = A>
struct scheme {
  using weights = W;
  using activations = A;
  using backend = B;
  /// Of a layer's last projection.
  using output = scheme<W, Output, B>;
  template <class Other>
  using with_weights = scheme<Other, A, B, Output>;
  template <class Other>
  using with_activations = scheme<W, Other, B>;
  template <class Other>
  using with_backend = scheme<W, A, Other, Output>;
  template <class Other>
  using with_output = scheme<W, A, B, Other>;

  /// What a checkpoint must agree on: the weights and activations, not who multiplies.
  [[nodiscard]] static std::string name() {
    std::string out = join(W::name, "*", A::name);
    if constexpr (!std::is_same_v<A, Output>) out += join("|", Output::name);
    return out;
  }
};

/// Satisfied by scheme<...>.
template <class T>
concept Scheme =
    weights::Weights<typename T::weights> && activations::Activations<typename T::activations> &&
    activations::Activations<typename T::output::activations> &&
    backends::Backend<typename T::backend>;

/// W x for tokens x under scheme S: quantises nothing itself, so that one quantised x serves
/// several matrices. `w` is a matrix of any realisation; one that carries a change of its own adds
/// it (adapt/adapted.hpp).
template <Scheme S, class M>
void apply(const M& w,
           const activation_view<typename activations_for<M, typename S::activations>::element>& x,
           span2d<float> y, const executor& run) noexcept {
  multiply<typename S::backend>(w, x, y, run);
  if constexpr (requires { w.add_change(x, y, run); }) w.add_change(x, y, run);
}

/// N(x) in the numbers that S and the matrix `w` ask for.
template <Scheme S, class M, Norm N>
[[nodiscard]] auto quantize_for(const M& w, const normed<N>& x, activation_buffer& buffer,
                                const executor& run) noexcept {
  using A = activations_for<M, typename S::activations>;
  using B = typename S::backend;
  return buffer.quantize_rows<A, B, typename M::format>(
      x.rows.rows, x.rows.cols, activation_group(w), run,
      [&x](std::size_t t, typename A::element* q, float* scratch) noexcept {
        return quantize_row<A, N, B>(&x.rows(t, 0), x.gains, x.eps, q, x.rows.cols, scratch);
      });
}

/// x itself in those numbers.
template <Scheme S, class M>
[[nodiscard]] auto quantize_for(const M& w, span2d<const float> x, activation_buffer& buffer,
                                const executor& run) noexcept {
  return quantize_for<S>(w, normed<no_norm>{x}, buffer, run);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
