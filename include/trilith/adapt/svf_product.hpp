#ifndef TRILITH_ADAPT_SVF_PRODUCT_HPP
#define TRILITH_ADAPT_SVF_PRODUCT_HPP

#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/svf_apply.hpp>

#include <span>
#include <vector>

/// Products with a matrix whose singular values are scaled, without making that matrix.
namespace trilith::inline TRILITH_ABI {

/// y = c U (S z (V^T x)) for every row of x.      x: [T, In],  y: [T, Out]
///
/// Cost: r (In + Out) multiplications a row, where the matrix takes In Out: an expert for each row
/// of a batch, or a change of experts without writing weights.
inline void multiply_svf(const singular_values& w, const singular_scaling& by,
                         span2d<const float> x, span2d<float> y, svf_room& room) {
  const std::span<float> d = room.row(w.rank());
  detail::scale_singular(w, by, 0, d);
  const span2d<float> inner = room.rows(x.rows, w.rank());
  room.multiply(x, detail::rows_of(w.v), inner);
  detail::scale_columns(inner, d, inner, room.run());
  room.multiply(inner, float_matrix(detail::rows_of(w.u)).transposed(), y);
}

namespace detail {
/// The indices of the k largest |d_i|, the largest first; the first of equal ones.
[[nodiscard]] inline std::vector<std::size_t> largest(std::span<const float> d, std::size_t k) {
  std::vector<std::size_t> at(d.size());
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = i;
  for (std::size_t i = 0; i < k; ++i) {
    std::size_t best = i;
    for (std::size_t j = i + 1; j < at.size(); ++j)
      if (absolute(d[at[j]]) > absolute(d[at[best]])) best = j;
    const std::size_t found = at[best];
    for (; best > i; --best) at[best] = at[best - 1];  // the others keep their order
    at[i] = found;
  }
  at.resize(k);
  return at;
}
}  // namespace detail

/// The part of the change that k singular values make, of those whose c z differs from 1 the most:
///
///     U diag(S (c z - 1)) V^T ~ B A      B = U_k diag(S_k (c z_k - 1)),  A = V_k^T
///
/// No matrix of rank k is nearer to the change. A packed matrix keeps its codes and adds B A x
/// (add_product()): with k = r that is W' x.
///
/// @param k  at most r
[[nodiscard]] inline low_rank svf_correction(const singular_values& w, const singular_scaling& by,
                                             std::size_t k) {
  TRILITH_PRECONDITION(k <= w.rank(), "svf_correction() has at most the rank of the matrix.");
  std::vector<float> d(w.rank());
  detail::scale_singular(w, by, 1, d);
  low_rank out;
  out.a = plain_matrix<weights::f32>(k, w.in());
  out.b = plain_matrix<weights::f32>(w.out(), k);
  const std::vector<std::size_t> kept = detail::largest(d, k);
  for (std::size_t j = 0; j < k; ++j) {
    for (std::size_t i = 0; i < w.in(); ++i) out.a.row(j)[i] = w.v.row(i)[kept[j]];
    for (std::size_t o = 0; o < w.out(); ++o) out.b.row(o)[j] = d[kept[j]] * w.u.row(o)[kept[j]];
  }
  return out;
}

/// y += s B (A x) for every row of x.      x: [T, In],  y: [T, Out]
///
///     layer.forward(x, y);                       // a bit_linear: W~ x
///     tl::add_product(correction, x, y, room);   // W~' x
inline void add_product(const low_rank& change, span2d<const float> x, span2d<float> y,
                        svf_room& room) {
  const span2d<float> inner = room.rows(x.rows, change.rank());
  room.multiply(x, float_matrix(detail::rows_of(change.a)).transposed(), inner);
  for (std::size_t t = 0; t < inner.rows; ++t) scale_by(&inner(t, 0), change.scale, inner.cols);
  room.multiply(inner, float_matrix(detail::rows_of(change.b)).transposed(), y, true);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
