#ifndef TRILITH_ADAPT_SVF_DECOMPOSE_IMPL_HPP
#define TRILITH_ADAPT_SVF_DECOMPOSE_IMPL_HPP

#include <trilith/adapt/svf_values.hpp>

#include <Eigen/SVD>  // Eigen 3.4 or newer: libeigen3-dev

namespace trilith::inline TRILITH_ABI::detail {

/// Rounds to floats in their places; m: [rows, cols] in any order.
template <class Matrix>
void round_to(const Matrix& m, plain_matrix<weights::f32>& to) {
  using rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<rows>(to.elements.data(), m.rows(), m.cols()) = m.template cast<float>();
}

/// Makes the first of the largest entries of each column of U positive.
inline void fix_signs(singular_values& w) noexcept {
  for (std::size_t i = 0; i < w.rank(); ++i) {
    float top = 0;
    for (std::size_t o = 0; o < w.out(); ++o)
      if (const float x = w.u.row(o)[i]; absolute(x) > absolute(top)) top = x;
    if (!(top < 0)) continue;
    for (std::size_t o = 0; o < w.out(); ++o) w.u.row(o)[i] = -w.u.row(o)[i];
    for (std::size_t j = 0; j < w.in(); ++j) w.v.row(j)[i] = -w.v.row(j)[i];
  }
}

/// False where the iteration did not end. In double: floats would take half of the time, and leave
/// 40 times the error.
[[nodiscard]] inline bool find_singular_values(span2d<const float> w, singular_values& out) {
  using stored = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto index = [](std::size_t n) { return static_cast<Eigen::Index>(n); };
  const Eigen::Map<const stored, 0, Eigen::OuterStride<>> view(
      w.data, index(w.rows), index(w.cols), Eigen::OuterStride<>(index(w.stride)));
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(view.cast<double>(),
                                           Eigen::ComputeThinU | Eigen::ComputeThinV);
  if (svd.info() != Eigen::Success) return false;
  round_to(svd.matrixU(), out.u);
  round_to(svd.matrixV(), out.v);
  for (std::size_t i = 0; i < out.rank(); ++i)
    out.s[i] = static_cast<float>(svd.singularValues()[index(i)]);
  fix_signs(out);
  return true;
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
