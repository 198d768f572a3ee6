#ifndef TRILITH_ADAPT_TERNARY_CHANGE_HPP
#define TRILITH_ADAPT_TERNARY_CHANGE_HPP

#include <trilith/adapt/merge_report.hpp>
#include <trilith/core/random.hpp>
#include <trilith/weights/decode.hpp>
#include <trilith/weights/plain.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

/// A change of trits by trits, made of few of them:
///
///     T' = clip(T + D, -1, 1)         D = sign(B A) where |B A| > threshold, else 0
///     B: [Out, rank], A: [rank, In], both of -1, 0, 1
///
/// The sum of a matrix of trits and this is one again, under the same scale: merging loses nothing.
/// A begins with random signs and B as zero, so that the change begins as none.
/// @see "LoTA-QAF: Lossless Ternary Adaptation for Quantization-Aware Fine-Tuning",
///      arXiv 2505.18724, section 3.
struct ternary_change {
  ternary_change() = default;
  ternary_change(std::size_t out, std::size_t in, std::size_t rank, float threshold_share,
                 std::uint64_t seed, std::uint64_t stream = 0)
      : threshold(threshold_share * static_cast<float>(rank)), a(rank, in), b(out, rank) {
    for (std::size_t i = 0; i < a.elements.size(); ++i)
      a.elements[i] = philox(seed, stream, i)[0] % 2 == 0 ? -1.0f : 1.0f;
  }

  float threshold = 0;           ///< of |B A|, in [0, rank)
  plain_matrix<weights::f32> a;  ///< [rank, In] of -1, 0, 1
  plain_matrix<weights::f32> b;  ///< [Out, rank] of -1, 0, 1

  [[nodiscard]] std::size_t rank() const noexcept { return a.rows; }
  [[nodiscard]] std::size_t in() const noexcept { return a.cols; }
  [[nodiscard]] std::size_t out() const noexcept { return b.rows; }
  [[nodiscard]] std::size_t parameters() const noexcept {
    return a.elements.size() + b.elements.size();
  }

  /// d_i = D[o, i] in -1, 0, 1; d: [In]. Sums of trits are exact in float.
  void row(std::size_t o, float* d) const noexcept {
    for (std::size_t i = 0; i < in(); ++i) d[i] = 0.0f;
    for (std::size_t k = 0; k < rank(); ++k)
      if (b.row(o)[k] != 0.0f) add_scaled(d, b.row(o)[k], a.row(k), in());
    for (std::size_t i = 0; i < in(); ++i)
      d[i] = d[i] > threshold ? 1.0f : d[i] < -threshold ? -1.0f : 0.0f;
  }
};

/// T + D as a trit.
[[nodiscard]] constexpr float changed_trit(float code, float change) noexcept {
  return clamp_to(code + change, -1.0f, 1.0f);
}

/// The codes of `w` become clip(T + D, -1, 1); scales stay. Exact: what was computed with the
/// change before is computed without it afterwards, bit for bit (test/unit/adapt_ternary.cpp).
///
/// @return flipped codes; `wanted` and `realised` count the trits of D and those that were not
///         stopped at -1 or 1
template <weights::CodedWeights W, packing::Packing P>
merge_report merge_ternary(packed_matrix<W, P>& w, const ternary_change& change) {
  static_assert(
      W::min_code == -1 && W::max_code == 1 && W::code_step == 1,
      "trilith::merge_ternary(): changes of trits are for ternary weights; merge a change "
      "of low rank into others (docs/errors.md).");
  TRILITH_PRECONDITION(w.rows == change.out() && w.cols == change.in(),
                       "merge_ternary(): the change must be as large as the matrix.");
  merge_report found{.codes = w.rows * w.cols};
  std::vector<float> d(w.cols);
  std::vector<std::int8_t> codes(w.cols);
  for (std::size_t r = 0; r < w.rows; ++r) {
    unpack_codes(w, r, codes.data());
    change.row(r, d.data());
    for (std::size_t i = 0; i < w.cols; ++i) {
      const auto next = static_cast<std::int8_t>(changed_trit(codes[i], d[i]));
      found.wanted += static_cast<double>(d[i] * d[i]);
      found.flipped += next != codes[i];
      codes[i] = next;
    }
    for (std::size_t g = 0; g < w.groups_per_row(); ++g) {
      const std::size_t first = g * w.group();
      packing::pack_row<P>(codes.data() + first, min_of(w.group(), w.cols - first),
                           w.row(r) + g * w.group_bytes());
    }
  }
  found.realised = static_cast<double>(found.flipped);
  return found;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
