#ifndef TRILITH_TRAIN_OPTIMISERS_BLEND_HPP
#define TRILITH_TRAIN_OPTIMISERS_BLEND_HPP

#include <trilith/core/executor.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>

/// Sums and transposes of whole matrices, for optimisers.
namespace trilith::inline TRILITH_ABI::optimiser_detail {

/// out <- keep * x + scale * out, for n elements.
TRILITH_EXACT_FLOAT inline void blend(float keep, const float* x, float scale, float* out,
                                      std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) out[i] = keep * x[i] + scale * out[i];
}

/// out = factor * x, of matrices without gaps.
inline void scale_into(const span2d<float>& out, float factor, const span2d<const float>& x,
                       const executor& threads) noexcept {
  threads.parallel_for(x.rows, ceil_div(std::size_t{16384}, x.cols),
                       [&](std::size_t first, std::size_t last) noexcept {
                         for (std::size_t i = first * x.cols; i < last * x.cols; ++i)
                           out.data[i] = factor * x.data[i];
                       });
}

/// out [N, M] = x [M, N] transposed; in squares, for the cache.
inline void transpose(const span2d<const float>& x, const span2d<float>& out) noexcept {
  constexpr std::size_t side = 16;
  for (std::size_t i = 0; i < x.rows; i += side)
    for (std::size_t j = 0; j < x.cols; j += side)
      for (std::size_t r = i; r < min_of(i + side, x.rows); ++r)
        for (std::size_t c = j; c < min_of(j + side, x.cols); ++c) out(c, r) = x(r, c);
}

}  // namespace trilith::inline TRILITH_ABI::optimiser_detail

#endif
