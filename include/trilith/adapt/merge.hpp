#ifndef TRILITH_ADAPT_MERGE_HPP
#define TRILITH_ADAPT_MERGE_HPP

#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/merge_report.hpp>
#include <trilith/weights/quantize.hpp>

/// A change of low rank becomes part of the weights.
///
/// A trit is half a scale wide to either side. Where nothing but trits is kept, every change below
/// that is lost, and typical ones are: what is merged into dequantised trits is erased. So a merge
/// needs latent weights, or keeps what the trits could not take (error feedback), or the change was
/// trained through the quantiser already (test/unit/adapt_merge.cpp, docs/decisions.md).
namespace trilith::inline TRILITH_ABI {

namespace detail {

/// How the rows of a packed matrix changed.
template <weights::CodedWeights W, packing::Packing P>
[[nodiscard]] merge_report compare_merge(const packed_matrix<W, P>& before,
                                         const packed_matrix<W, P>& after, const low_rank& change) {
  merge_report all{.codes = before.rows * before.cols};
  std::vector<float> x(before.cols), y(before.cols), d(before.cols);
  std::vector<std::int8_t> p(before.cols), q(before.cols);
  for (std::size_t r = 0; r < before.rows; ++r) {
    decode_row(before, r, x.data());
    decode_row(after, r, y.data());
    unpack_codes(before, r, p.data());
    unpack_codes(after, r, q.data());
    change.row(r, d.data());
    for (std::size_t i = 0; i < before.cols; ++i) {
      const double wanted = d[i];
      all.flipped += p[i] != q[i];
      all.wanted += wanted * wanted;
      all.realised += wanted * (static_cast<double>(y[i]) - static_cast<double>(x[i]));
    }
  }
  return all;
}

/// The code whose value is nearest to v under a scale.
template <weights::CodedWeights W>
[[nodiscard]] constexpr std::int8_t nearest_code(float v, float scale) noexcept {
  constexpr auto step = static_cast<float>(W::code_step), least = static_cast<float>(W::min_code);
  constexpr auto most = static_cast<float>(W::max_code - W::min_code) / step;
  const float place = (v / scale - least) / step;
  const float inside = place > 0.0f ? (place < most ? place : most) : 0.0f;  // NaN: the lowest
  return static_cast<std::int8_t>(least + step * round_even(inside));
}

/// The codes nearest to `wanted`, under the scales that `w` has.
template <weights::CodedWeights W, packing::Packing P>
[[nodiscard]] packed_matrix<W, P> nearest(const packed_matrix<W, P>& w,
                                          const plain_matrix<weights::f32>& wanted) {
  packed_matrix<W, P> out(w.rows, w.cols);
  out.scales = w.scales;
  std::vector<std::int8_t> codes(w.cols);
  for (std::size_t r = 0; r < w.rows; ++r)
    for (std::size_t g = 0; g < w.groups_per_row(); ++g) {
      const std::size_t first = g * w.group(), n = min_of(w.group(), w.cols - first);
      for (std::size_t i = 0; i < n; ++i)
        codes[i] = nearest_code<W>(wanted.row(r)[first + i], w.scale(r, g));
      packing::pack_row<P>(codes.data(), n, out.row(r) + g * out.group_bytes());
    }
  return out;
}

inline void add_change(plain_matrix<weights::f32>& w, const low_rank& change) {
  TRILITH_PRECONDITION(w.rows == change.out() && w.cols == change.in(),
                       "merge: the change must be as large as the matrix.");
  std::vector<float> d(w.cols);
  for (std::size_t r = 0; r < w.rows; ++r) {
    change.row(r, d.data());
    add(w.row(r), d.data(), w.cols);
  }
}

}  // namespace detail

/// Latent weights take all of a change: W += s B A. Their trits follow as they would in training.
///
/// @return what the weights quantised by W did
template <weights::CodedWeights W>
merge_report merge_into_latent(plain_matrix<weights::f32>& latent, const low_rank& change) {
  const auto before = pack_matrix<W>(latent.elements.data(), latent.rows, latent.cols);
  detail::add_change(latent, change);
  const auto after = pack_matrix<W>(latent.elements.data(), latent.rows, latent.cols);
  return detail::compare_merge(before, after, change);
}

/// Packed weights take what their codes can, under the scales they have; the rest stays in
/// `left_over`, and counts with the next merge:
///
///     V = W~ + E + s B A        W~' = the codes nearest to V        E' = V - W~'
///
/// @param left_over  E: [Out, In], zeros before the first merge
template <weights::CodedWeights W, packing::Packing P>
merge_report merge_with_feedback(packed_matrix<W, P>& w, plain_matrix<weights::f32>& left_over,
                                 const low_rank& change) {
  TRILITH_PRECONDITION(left_over.rows == w.rows && left_over.cols == w.cols,
                       "merge_with_feedback() needs what is left over to be as large as W.");
  plain_matrix<weights::f32> wanted = decoded(w);
  add(wanted.elements.data(), left_over.elements.data(), wanted.elements.size());
  detail::add_change(wanted, change);
  auto after = detail::nearest(w, wanted);
  const plain_matrix<weights::f32> taken = decoded(after);
  for (std::size_t i = 0; i < wanted.elements.size(); ++i)
    left_over.elements[i] = wanted.elements[i] - taken.elements[i];
  const merge_report found = detail::compare_merge(w, after, change);
  w = std::move(after);
  return found;
}

/// The wrong way, for teaching: Q(W~ + s B A) with nothing kept, which erases changes below half a
/// scale, that is most. The scales are found anew as absmean finds them, so that each call shrinks
/// them by the share of zeros: to 0.69 of what they were.
template <weights::CodedWeights W, packing::Packing P>
merge_report erase_by_merging_into_trits(packed_matrix<W, P>& w, const low_rank& change) {
  plain_matrix<weights::f32> wanted = decoded(w);
  detail::add_change(wanted, change);
  auto after = pack_matrix<W, P>(wanted.elements.data(), w.rows, w.cols);
  const merge_report found = detail::compare_merge(w, after, change);
  w = std::move(after);
  return found;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
