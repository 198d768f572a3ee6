#ifndef TRILITH_BACKENDS_MULTIPLY_HPP
#define TRILITH_BACKENDS_MULTIPLY_HPP

#include <trilith/activations/dequantized.hpp>
#include <trilith/backends/activation_buffer.hpp>
#include <trilith/backends/backend.hpp>
#include <trilith/weights/matrix.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {
template <class M, class A>
struct meeting {
  using type = A;
};
template <class M, class A>
  requires(activations::is_integer<A> && !M::is_coded)
struct meeting<M, A> {
  using type = activations::dequantized<A>;
};
inline constexpr float one = 1.0f;

template <class M>
[[nodiscard]] backends::product weights_of(const M& m) noexcept {
  backends::product p;
  p.rows = m.rows;
  p.cols = m.cols;
  if constexpr (M::is_coded) {
    p.weights = m.codes.data();
    p.row_bytes = m.row_bytes();
    p.group = m.group();
    p.group_bytes = m.group_bytes();
    p.scales = m.scales.data();
    p.scale_row = M::granularity::row_step(m.cols);
    p.scale_group = M::granularity::group_step;
  } else {
    p.weights = m.elements.data();
    p.row_bytes = m.cols * sizeof(typename M::element);
    p.group = m.cols;
    p.scales = &one;
  }
  return p;
}

template <class M, class X>
[[nodiscard]] backends::product product_of(const M& w, const activation_view<X>& x,
                                           span2d<float> y) noexcept {
  backends::product p = weights_of(w);
  p.x = x.data;
  p.x_stride = x.stride;
  p.x_scales = x.scales;
  p.x_sums = x.sums;
  p.tokens = x.tokens;
  p.y = y.data;
  p.y_stride = y.stride;
  p.panel = x.panel;
  return p;
}

/// Blocks of 32 rows a thread should take at least, so that starting it costs less than its work.
[[nodiscard]] constexpr std::size_t grain(std::size_t cols, std::size_t tokens) noexcept {
  return max_of<std::size_t>(1, (std::size_t{1} << 12) / max_of<std::size_t>(1, cols * tokens));
}
}  // namespace detail

/// The activations that meet a matrix M under policy A: integers where the codes are integers too,
/// otherwise the same values as floats.
template <class M, class A>
using activations_for = typename detail::meeting<M, A>::type;

/// The group of activations whose sums the kernels of matrix M need.
template <class M>
[[nodiscard]] std::size_t activation_group(const M& m) noexcept {
  if constexpr (M::is_coded)
    return m.group();
  else
    return m.cols;
}

/// y[t, o] = sum_i W[o, i] x[t, i] with dequantised meaning; W: [Out, In], x: [T, In], y: [T, Out].
///
/// Integer activations times codes are summed exactly, so all backends, targets and thread counts
/// give the same bits (test/kernels). Cost: Out * In * T multiply-adds, no allocation.
template <backends::Backend B, class M, class X>
void multiply(const M& w, const activation_view<X>& x, span2d<float> y,
              const executor& run) noexcept {
  using F = typename M::format;
  static_assert(backends::supports<B, F, X>,
                "trilith::multiply: this backend has no kernel for these weights and activations; "
                "use backends::automatic or backends::portable (docs/errors.md).");
  TRILITH_PRECONDITION(w.cols == x.cols && w.rows == y.cols && x.tokens == y.rows,
                       "multiply() needs W [Out, In], x [T, In] and y [T, Out].");
  TRILITH_PRECONDITION(x.group == activation_group(w),
                       "multiply() needs activations quantised for the groups of these weights.");
  const backends::product p = detail::product_of(w, x, y);
  // kernels for many tokens take rows by blocks
  constexpr std::size_t block = 32;
  run.parallel_for(ceil_div(w.rows, block), detail::grain(w.cols, x.tokens),
                   [&p](std::size_t first, std::size_t last) noexcept {
                     B::template run<F, X>(p, first * block, min_of(last * block, p.rows));
                   });
}

/// Whether multiply_rows() can compute some rows of a matrix M with activations of X: not where W
/// is not all that there is to W x (adapt/adapted.hpp).
template <class B, class M, class X>
inline constexpr bool multiplies_rows =
    std::is_same_v<X, std::int8_t> && backends::lists_rows<B, typename M::format> &&
    !requires { M::is_adapted; };

/// Some rows of a matrix, ascending. (Where a span would do, this costs no compile time.)
struct row_list {
  const std::uint32_t* rows = nullptr;
  std::size_t count = 0;
};

/// y[0, o] of multiply() for the rows o in `only`, of one token: the same bits. Other
/// outputs stay as they are. For matrices whose rows have one group of scales.
///
/// A row takes the time that it takes in multiply(), as long as a quarter or more of the rows are
/// left out: with fewer gaps the processor sees by itself which row comes next.
template <backends::Backend B, class M, class X>
  requires multiplies_rows<B, M, X>
void multiply_rows(const M& w, const activation_view<X>& x, const row_list& only, span2d<float> y,
                   const executor& run) noexcept {
  TRILITH_PRECONDITION(w.cols == x.cols && w.rows == y.cols && x.tokens == 1 && y.rows == 1,
                       "multiply_rows() needs W [Out, In], x [1, In] and y [1, Out].");
  TRILITH_PRECONDITION(w.groups_per_row() == 1 && x.group == w.group(),
                       "multiply_rows() needs weights with one group of scales in a row.");
  backends::product p = detail::product_of(w, x, y);
  p.only = only.rows;
  constexpr std::size_t block = 32;
  run.parallel_for(ceil_div(only.count, block), detail::grain(w.cols, 1),
                   [&p, &only](std::size_t first, std::size_t last) noexcept {
                     B::template run_listed<typename M::format>(p, first * block,
                                                                min_of(last * block, only.count));
                   });
}

}  // namespace trilith::inline TRILITH_ABI

#endif
