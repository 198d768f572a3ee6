#ifndef TRILITH_TRAIN_OPTIMISERS_MATRIX_PRODUCT_HPP
#define TRILITH_TRAIN_OPTIMISERS_MATRIX_PRODUCT_HPP

#include <trilith/core/executor.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>

/// Float products of whole matrices, for Newton-Schulz iterations.
namespace trilith::inline TRILITH_ABI::optimiser_detail {

/// Columns of a tile: 64 bytes of a row.
inline constexpr std::size_t tile_cols = 16;
/// Values of the inner dimension whose panel [tile_depth, tile_cols] stays in the first cache.
inline constexpr std::size_t tile_depth = 256;

/// Two rows at once: acc[r, :] += sum_k left_r[k] panel[k, :], k ascending. Eight vectors of four
/// are what every CPU keeps in registers; written out, because g++ keeps an array of them in
/// memory.
TRILITH_EXACT_FLOAT inline void multiply_tile(const float* left0, const float* left1,
                                              const float* panel, std::size_t depth,
                                              float (*acc)[tile_cols]) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  using quad = float __attribute__((vector_size(16), may_alias));
  quad* const to = reinterpret_cast<quad*>(acc);
  quad a0 = to[0], a1 = to[1], a2 = to[2], a3 = to[3];
  quad b0 = to[4], b1 = to[5], b2 = to[6], b3 = to[7];
  const quad* p = reinterpret_cast<const quad*>(panel);
  for (std::size_t k = 0; k < depth; ++k, p += 4) {
    const float x = left0[k], y = left1[k];
    a0 += x * p[0], b0 += y * p[0];
    a1 += x * p[1], b1 += y * p[1];
    a2 += x * p[2], b2 += y * p[2];
    a3 += x * p[3], b3 += y * p[3];
  }
  to[0] = a0, to[1] = a1, to[2] = a2, to[3] = a3;
  to[4] = b0, to[5] = b1, to[6] = b2, to[7] = b3;
}

/// The panel [depth, tile_cols] of `right` from (k, j), with zeros past the last column.
inline void copy_panel(const span2d<const float>& right, std::size_t k, std::size_t j,
                       std::size_t depth, std::size_t width, float* panel) noexcept {
  for (std::size_t d = 0; d < depth; ++d)
    for (std::size_t c = 0; c < tile_cols; ++c)
      panel[d * tile_cols + c] = c < width ? right(k + d, j + c) : 0.0f;
}

/// Adds one panel's part to one or two rows of `out`, or begins them. An only row is computed
/// twice.
inline void add_panel(const float* left, std::size_t left_stride, std::size_t rows,
                      const float* panel, std::size_t depth, bool begins, float* out,
                      std::size_t out_stride, std::size_t width) noexcept {
  alignas(64) float acc[2][tile_cols] = {};
  if (!begins)
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < width; ++c) acc[r][c] = out[r * out_stride + c];
  multiply_tile(left, rows == 2 ? left + left_stride : left, panel, depth, acc);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < width; ++c) out[r * out_stride + c] = acc[r][c];
}

/// Rows [begin, end) of out = left * right.
inline void multiply_rows(const span2d<const float>& left, const span2d<const float>& right,
                          const span2d<float>& out, std::size_t begin, std::size_t end) noexcept {
  alignas(64) float panel[tile_depth * tile_cols];
  for (std::size_t k = 0; k < left.cols; k += tile_depth)
    for (std::size_t j = 0; j < right.cols; j += tile_cols) {
      const std::size_t depth = min_of(tile_depth, left.cols - k);
      const std::size_t width = min_of(tile_cols, right.cols - j);
      copy_panel(right, k, j, depth, width, panel);
      for (std::size_t i = begin; i < end; i += 2)
        add_panel(&left(i, k), left.stride, min_of<std::size_t>(2, end - i), panel, depth, k == 0,
                  &out(i, j), out.stride, width);
    }
}

/// out <- keep * x + scale * out, for n elements.
TRILITH_EXACT_FLOAT inline void blend(float keep, const float* x, float scale, float* out,
                                      std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t i = 0; i < n; ++i) out[i] = keep * x[i] + scale * out[i];
}

/// out = keep * x + scale * left * right, where out [M, N], left [M, K], right [K, N], x [M, N];
/// `out` is none of the others. Each element is summed in ascending k and never fused, so that
/// threads, tiles and vectors of any width give the same bits. x without data is left out, with
/// both factors.
inline void multiply_add(float keep, const span2d<const float>& x, float scale,
                         const span2d<const float>& left, const span2d<const float>& right,
                         const span2d<float>& out, const executor& threads) noexcept {
  threads.parallel_for(left.rows, 16, [&](std::size_t begin, std::size_t end) {
    multiply_rows(left, right, out, begin, end);
    if (x.data != nullptr)
      for (std::size_t r = begin; r < end; ++r) blend(keep, &x(r, 0), scale, &out(r, 0), x.cols);
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
