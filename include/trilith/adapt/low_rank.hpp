#ifndef TRILITH_ADAPT_LOW_RANK_HPP
#define TRILITH_ADAPT_LOW_RANK_HPP

#include <trilith/core/random.hpp>
#include <trilith/weights/matrix.hpp>
#include <trilith/weights/plain.hpp>

namespace trilith::inline TRILITH_ABI {

/// How large a change of low rank is, and how strong.
struct low_rank_options {
  std::size_t rank = 16;
  float alpha = 32;
  bool stabilised = false;  ///< alpha / sqrt(rank), which large ranks need, instead of alpha / rank

  [[nodiscard]] constexpr float scale() const noexcept {
    const auto r = static_cast<float>(rank);
    return alpha / (stabilised ? square_root(r) : r);
  }
};

/// A change of few parameters to a matrix:
///
///     W' = W + s B A        W: [Out, In],  B: [Out, rank],  A: [rank, In],  s = alpha / rank
///
/// rank (In + Out) numbers instead of In Out. A begins random and B zero, so that the change begins
/// as none.
/// @see Hu et al.: "LoRA", arXiv 2106.09685; Kalajdzievski: arXiv 2312.03732 (rsLoRA).
struct low_rank {
  low_rank() = default;
  /// No change yet: A uniform in +- 1 / sqrt(In), from this seed and stream.
  low_rank(std::size_t out, std::size_t in, const low_rank_options& how, std::uint64_t seed,
           std::uint64_t stream = 0)
      : scale(how.scale()), a(how.rank, in), b(out, how.rank) {
    const float bound = in == 0 ? 0.0f : 1.0f / square_root(static_cast<float>(in));
    for (std::size_t i = 0; i < a.elements.size(); ++i)
      a.elements[i] = bound * (2.0f * uniform(seed, stream, i) - 1.0f);
  }

  float scale = 1.0f;            ///< s
  plain_matrix<weights::f32> a;  ///< [rank, In]
  plain_matrix<weights::f32> b;  ///< [Out, rank]

  [[nodiscard]] std::size_t rank() const noexcept { return a.rows; }
  [[nodiscard]] std::size_t in() const noexcept { return a.cols; }
  [[nodiscard]] std::size_t out() const noexcept { return b.rows; }
  [[nodiscard]] std::size_t parameters() const noexcept {
    return a.elements.size() + b.elements.size();
  }

  /// d_i = s sum_k B[o, k] A[k, i], added in ascending k; d: [In].
  TRILITH_EXACT_FLOAT void row(std::size_t o, float* d) const noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < in(); ++i) d[i] = 0.0f;
    for (std::size_t k = 0; k < rank(); ++k) add_scaled(d, scale * b.row(o)[k], a.row(k), in());
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
