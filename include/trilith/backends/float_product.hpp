#ifndef TRILITH_BACKENDS_FLOAT_PRODUCT_HPP
#define TRILITH_BACKENDS_FLOAT_PRODUCT_HPP

#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/core/executor.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>

#include <span>

/// Float products of two matrices, for the backward passes of training.
namespace trilith::inline TRILITH_ABI {

/// A float matrix [rows, cols] in memory that something else owns, element (r, c) at
/// data[r * row_step + c * col_step]: transposing it moves nothing.
struct float_matrix {
  const float* data = nullptr;
  std::size_t rows = 0, cols = 0;
  std::size_t row_step = 0, col_step = 1;

  float_matrix() = default;
  constexpr float_matrix(span2d<const float> x) noexcept
      : data(x.data), rows(x.rows), cols(x.cols), row_step(x.stride) {}
  constexpr float_matrix(span2d<float> x) noexcept : float_matrix(span2d<const float>(x)) {}

  [[nodiscard]] constexpr float_matrix transposed() const noexcept {
    float_matrix t = *this;
    t.rows = cols, t.cols = rows, t.row_step = col_step, t.col_step = row_step;
    return t;
  }
  [[nodiscard]] constexpr const float& operator()(std::size_t r, std::size_t c) const noexcept {
    return data[r * row_step + c * col_step];
  }
};

namespace detail {
/// How the outputs of a float product are shared: in tiles of `rows` x `cols`.
struct float_tiles {
  std::size_t rows, cols;
  std::size_t down, across;

  /// As large as the memory of a thread allows, for every tile packs what it multiplies; smaller
  /// where not every thread would have some. No tile changes a bit.
  constexpr float_tiles(std::size_t m, std::size_t n, std::size_t threads) noexcept
      : rows(0), cols(0), down(0), across(0) {
    using limits = simd::float_tile_limits;
    cut_columns(n, ceil_div(n, limits::cols));
    cut_rows(m, ceil_div(m, limits::lanes - cols));
    while (threads > 1 && down * across < 2 * threads && (rows > 64 || cols > 96))
      if (rows >= cols)
        cut_rows(m, 2 * down);
      else
        cut_columns(n, 2 * across);
  }

 private:
  constexpr void cut_rows(std::size_t m, std::size_t parts) noexcept {
    rows = round_up(max_of<std::size_t>(ceil_div(m, parts), 1), 16);
    down = ceil_div(m, rows);
  }
  constexpr void cut_columns(std::size_t n, std::size_t parts) noexcept {
    cols = round_up(max_of<std::size_t>(ceil_div(n, parts), 1), 48);
    across = ceil_div(n, cols);
  }
};

/// The tiles of a product, by the kernel of one; both operands and out as multiply_floats() has
/// them.
inline void multiply_tiles(void (*kernel)(const simd::float_product&, float*) noexcept,
                           const float_matrix& left, const float_matrix& right, span2d<float> out,
                           bool adds, std::span<float> memory, const executor& run) noexcept {
  if (out.rows == 0 || out.cols == 0) return;
  const float_tiles tiles(out.rows, out.cols, run.threads);
  float* const lines = memory.data() + -(reinterpret_cast<std::uintptr_t>(memory.data()) / 4) % 16;
  const std::size_t work = tiles.rows * tiles.cols * max_of<std::size_t>(left.cols, 1);
  run.parallel_for(
      tiles.down * tiles.across, (std::size_t{1} << 17) / work + 1,
      [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
        for (std::size_t i = first; i < last; ++i) {
          const std::size_t m = i / tiles.across * tiles.rows, n = i % tiles.across * tiles.cols;
          kernel({left.data + m * left.row_step, left.row_step, left.col_step,
                  right.data + n * right.col_step, right.row_step, right.col_step,
                  out.data + m * out.stride + n, out.stride, min_of(tiles.rows, out.rows - m),
                  min_of(tiles.cols, out.cols - n), left.cols, adds},
                 lines + slot * simd::float_tile_limits::memory);
        }
      });
}
}  // namespace detail

/// Floats of memory that multiply_floats needs.
[[nodiscard]] constexpr std::size_t float_product_memory(std::size_t threads) noexcept {
  return simd::float_tile_limits::memory * threads + 16;
}

/// out[m, n] = (adds ? out[m, n] : 0) + sum_k left(m, k) right(k, n).
///
/// left: [M, K], right: [K, N], out: [M, N], which neither overlaps. A sum is one chain of fused
/// multiply-adds in ascending k, starting from out or +0, so every thread count and every target
/// gives the same bits; but for SSE4 and SCALAR, which have no such instruction and round each
/// product before they add it.
///
/// @param memory  float_product_memory(run.threads) floats, overwritten
inline void multiply_floats(const float_matrix& left, const float_matrix& right, span2d<float> out,
                            bool adds, std::span<float> memory, const executor& run) noexcept {
  TRILITH_PRECONDITION(left.rows == out.rows && right.cols == out.cols && left.cols == right.rows,
                       "multiply_floats() needs left [M, K], right [K, N] and out [M, N].");
  TRILITH_PRECONDITION(memory.size() >= float_product_memory(run.threads),
                       "multiply_floats() needs float_product_memory(threads) floats.");
  detail::multiply_tiles(simd::gradients().multiply_floats, left, right, out, adds, memory, run);
}

}  // namespace trilith::inline TRILITH_ABI

#endif
