#ifndef TRILITH_ADAPT_SVF_VALUES_HPP
#define TRILITH_ADAPT_SVF_VALUES_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>
#include <trilith/weights/matrix.hpp>
#include <trilith/weights/plain.hpp>

#include <span>

namespace trilith::inline TRILITH_ABI {

/// A matrix by its singular values:
///
///     W = U diag(S) V^T      W: [Out, In],  U: [Out, r],  S: [r],  V: [In, r],  r = min(Out, In)
///
/// U^T U = V^T V = I, and S descends and is not negative. The signs of a column of U and of V are
/// free together: the entry of U that is largest in magnitude, the first of several, is positive.
/// Where singular values are equal, their columns are one basis of many.
///
/// Memory: r (Out + In + 1) floats, between W's own size and twice that.
struct singular_values {
  singular_values() = default;
  singular_values(std::size_t out, std::size_t in, std::size_t rank)
      : u(out, rank), s(rank), v(in, rank) {}

  plain_matrix<weights::f32> u;  ///< [Out, r]
  aligned_buffer<float> s;       ///< [r]
  plain_matrix<weights::f32> v;  ///< [In, r]

  [[nodiscard]] std::size_t rank() const noexcept { return s.size(); }
  [[nodiscard]] std::size_t out() const noexcept { return u.rows; }
  [[nodiscard]] std::size_t in() const noexcept { return v.rows; }
  [[nodiscard]] std::size_t floats() const noexcept {
    return u.elements.size() + s.size() + v.elements.size();
  }
};

/// What singular values are multiplied by: S_i becomes c z_i S_i, with
///
///     c = sum S / sum S |z|   where renormalised, else 1
///
/// so that W' = c U diag(S z) V^T keeps the nuclear norm of W, and equal z change nothing. The
/// formula of the paper (W' = U diag(S z) V^T) has no such factor; the code that its figures come
/// from has it, and multiplies by z between 0 and 1, where |z| is z.
/// @see Sun et al.: "Transformer^2", arXiv 2501.06252, section 3.1.
struct singular_scaling {
  std::span<const float> z;  ///< [r]
  bool renormalised = true;

  /// c; 1 where all S z are 0.
  [[nodiscard]] TRILITH_EXACT_FLOAT double factor(const singular_values& of) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    TRILITH_PRECONDITION(z.size() == of.rank(), "singular_scaling needs a z for each S.");
    double all = 0, scaled = 0;
    for (std::size_t i = 0; renormalised && i < z.size(); ++i) {
      all += static_cast<double>(of.s[i]);
      scaled += static_cast<double>(of.s[i]) * static_cast<double>(absolute(z[i]));
    }
    return scaled > 0 ? all / scaled : 1;
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
