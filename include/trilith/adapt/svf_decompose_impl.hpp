#ifndef TRILITH_ADAPT_SVF_DECOMPOSE_IMPL_HPP
#define TRILITH_ADAPT_SVF_DECOMPOSE_IMPL_HPP

#include <trilith/adapt/svf_decompose.hpp>

#include <algorithm>
#include <cmath>

#include <Eigen/SVD>  // Eigen 3.4 or newer: libeigen3-dev

namespace trilith::TRILITH_IMPLEMENTED {

namespace svd {
using stored = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using view = Eigen::Map<stored>;

/// Makes the first of the largest entries of each column of U positive.
inline void fix_signs(view u, view v) {
  for (Eigen::Index i = 0; i < u.cols(); ++i) {
    float top = 0;
    for (Eigen::Index o = 0; o < u.rows(); ++o)
      if (std::abs(u(o, i)) > std::abs(top)) top = u(o, i);
    if (top < 0) u.col(i) *= -1, v.col(i) *= -1;
  }
}
}  // namespace svd

// In double: floats would take half of the time, and leave 40 times the error.
bool find_singular_values(const float* w, std::size_t rows, std::size_t cols, std::size_t stride,
                          float* u, float* s, float* v) {
  const auto index = [](std::size_t n) { return static_cast<Eigen::Index>(n); };
  const Eigen::Index out = index(rows), in = index(cols), rank = std::min(out, in);
  const Eigen::Map<const svd::stored, 0, Eigen::OuterStride<>> from(
      w, out, in, Eigen::OuterStride<>(index(stride)));
  const Eigen::BDCSVD<Eigen::MatrixXd> found(from.cast<double>(),
                                             Eigen::ComputeThinU | Eigen::ComputeThinV);
  if (found.info() != Eigen::Success) return false;
  svd::view to_u(u, out, rank), to_v(v, in, rank);
  to_u = found.matrixU().cast<float>();
  to_v = found.matrixV().cast<float>();
  for (Eigen::Index i = 0; i < rank; ++i) s[i] = static_cast<float>(found.singularValues()[i]);
  svd::fix_signs(to_u, to_v);
  return true;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
