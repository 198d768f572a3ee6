#ifndef TRILITH_ADAPT_SVF_REQUANTISE_HPP
#define TRILITH_ADAPT_SVF_REQUANTISE_HPP

#include <trilith/adapt/merge.hpp>
#include <trilith/adapt/svf_product.hpp>

namespace trilith::inline TRILITH_ABI {

/// What a merge of the change D: [Out, In] did to quantised weights.
template <weights::CodedWeights W, packing::Packing P>
[[nodiscard]] merge_report compare_change(const packed_matrix<W, P>& before,
                                          const packed_matrix<W, P>& after,
                                          span2d<const float> change) {
  TRILITH_PRECONDITION(change.rows == before.rows && change.cols == before.cols,
                       "compare_change(): the change must be as large as the matrix.");
  merge_report all{.codes = before.rows * before.cols};
  std::vector<float> x(before.cols), y(before.cols);
  std::vector<std::int8_t> p(before.cols), q(before.cols);
  for (std::size_t r = 0; r < before.rows; ++r) {
    decode_row(before, r, x.data());
    decode_row(after, r, y.data());
    unpack_codes(before, r, p.data());
    unpack_codes(after, r, q.data());
    for (std::size_t i = 0; i < before.cols; ++i) {
      const double wanted = change(r, i);
      all.flipped += p[i] != q[i];
      all.wanted += wanted * wanted;
      all.realised += wanted * (static_cast<double>(y[i]) - static_cast<double>(x[i]));
    }
  }
  return all;
}

/// What becomes of scaled singular values in three ways of keeping them; those of several matrices
/// add up.
struct svf_requantised {
  merge_report anew;         ///< quantised by the rule of the weights: other scales, other codes
  merge_report kept_scales;  ///< the codes nearest to W', under the scales of W~
  merge_report run_time;     ///< no code changes, and a correction of rank k is added beside it

  svf_requantised& operator+=(const svf_requantised& more) noexcept {
    anew += more.anew;
    kept_scales += more.kept_scales;
    run_time += more.run_time;
    return *this;
  }
};

namespace detail {

/// sum D D_k beside sum D^2, where D_k is the part of rank k.
[[nodiscard]] inline merge_report compare_correction(span2d<const float> change,
                                                     const low_rank& part) {
  merge_report all{.codes = change.rows * change.cols};
  std::vector<float> d(change.cols);
  for (std::size_t r = 0; r < change.rows; ++r) {
    part.row(r, d.data());
    for (std::size_t i = 0; i < change.cols; ++i) {
      all.wanted += static_cast<double>(change(r, i)) * static_cast<double>(change(r, i));
      all.realised += static_cast<double>(change(r, i)) * static_cast<double>(d[i]);
    }
  }
  return all;
}

}  // namespace detail

/// How much of an expert packed weights would take. With D = U diag(S (c z - 1)) V^T, the shares
/// are those of merge_report. Trits that are a whole scale apart take nothing of a D that is small
/// everywhere: keep it beside them, or train latent weights (docs/svf.md).
///
/// @param values  of the decoded weights of `base`, as decompose() of a packed model gives them
/// @param k       rank of the correction that run_time adds, at most r
/// Cost: three passes over the matrix, and Out In (r + k) multiplications.
template <weights::CodedWeights W, packing::Packing P>
[[nodiscard]] svf_requantised requantise_svf(const packed_matrix<W, P>& base,
                                             const singular_values& values,
                                             const singular_scaling& by, std::size_t k) {
  svf_room room;
  plain_matrix<weights::f32> change(base.rows, base.cols), wanted = decoded(base);
  const span2d<float> d(change.elements.data(), base.rows, base.cols);
  add_svf(values, by, d, room);
  add(wanted.elements.data(), change.elements.data(), change.elements.size());
  const auto anew = pack_matrix<W, P>(wanted.elements.data(), base.rows, base.cols);
  return {compare_change(base, anew, d), compare_change(base, detail::nearest(base, wanted), d),
          detail::compare_correction(d, svf_correction(values, by, k))};
}

}  // namespace trilith::inline TRILITH_ABI

#endif
