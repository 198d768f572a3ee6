#ifndef TRILITH_ADAPT_SVF_APPLY_HPP
#define TRILITH_ADAPT_SVF_APPLY_HPP

#include <trilith/adapt/svf_values.hpp>
#include <trilith/backends/float_product.hpp>

#include <span>

/// A matrix whose singular values are scaled, as a matrix.
namespace trilith::inline TRILITH_ABI {

/// The memory and the threads of products with singular vectors. One caller at a time.
class svf_room {
 public:
  explicit svf_room(const executor& run = {})
      : run_(run), product_(float_product_memory(run.threads)) {}

  /// [rows, cols] of no certain values, until the next call. Allocates where it is larger than all
  /// before.
  [[nodiscard]] span2d<float> rows(std::size_t rows, std::size_t cols) {
    if (rows * cols > rows_.size()) rows_ = aligned_buffer<float>(rows * cols, not_zeroed{});
    return {rows_.data(), rows, cols};
  }
  /// The same for one row more.
  [[nodiscard]] std::span<float> row(std::size_t n) {
    if (n > row_.size()) row_ = aligned_buffer<float>(n, not_zeroed{});
    return {row_.data(), n};
  }
  /// out = (adds ? out : 0) + left right
  void multiply(const float_matrix& left, const float_matrix& right, span2d<float> out,
                bool adds = false) noexcept {
    multiply_floats(left, right, out, adds, product_.span(), run_);
  }
  [[nodiscard]] const executor& run() const noexcept { return run_; }

 private:
  executor run_;
  aligned_buffer<float> product_, rows_, row_;
};

namespace detail {

[[nodiscard]] inline span2d<const float> rows_of(const plain_matrix<weights::f32>& m) noexcept {
  return {m.elements.data(), m.rows, m.cols};
}

/// d_i = S_i (c z_i - less): what a singular value becomes, or by how much it changes.
TRILITH_EXACT_FLOAT inline void scale_singular(const singular_values& w, const singular_scaling& by,
                                               double less, std::span<float> d) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const double c = by.factor(w);
  for (std::size_t i = 0; i < d.size(); ++i)
    d[i] =
        static_cast<float>(static_cast<double>(w.s[i]) * (c * static_cast<double>(by.z[i]) - less));
}

/// x_ti *= d_i for all rows t.
inline void scale_columns(span2d<const float> x, std::span<const float> d, span2d<float> y,
                          const executor& run) noexcept {
  run.parallel_for(x.rows, 64, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t t = first; t < last; ++t)
      for (std::size_t i = 0; i < x.cols; ++i) y(t, i) = d[i] * x(t, i);
  });
}

/// out = (adds ? out : 0) + U diag(S (c z - less)) V^T
inline void multiply_out(const singular_values& w, const singular_scaling& by, double less,
                         span2d<float> out, bool adds, svf_room& room) {
  const std::span<float> d = room.row(w.rank());
  scale_singular(w, by, less, d);
  const span2d<float> scaled = room.rows(w.out(), w.rank());
  scale_columns(rows_of(w.u), d, scaled, room.run());
  room.multiply(scaled, float_matrix(rows_of(w.v)).transposed(), out, adds);
}

}  // namespace detail

/// out = c U diag(S z) V^T, out: [Out, In]. Cost: Out In r multiplications.
inline void write_svf(const singular_values& w, const singular_scaling& by, span2d<float> out,
                      svf_room& room) {
  detail::multiply_out(w, by, 0, out, false, room);
}

/// W += U diag(S (c z - 1)) V^T: W' from W itself, so that what does not change stays as it was to
/// the last bit, and does not go through the rounding of U, S and V.
inline void add_svf(const singular_values& w, const singular_scaling& by, span2d<float> out,
                    svf_room& room) {
  detail::multiply_out(w, by, 1, out, true, room);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
