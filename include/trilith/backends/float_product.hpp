#ifndef TRILITH_BACKENDS_FLOAT_PRODUCT_HPP
#define TRILITH_BACKENDS_FLOAT_PRODUCT_HPP

#include <trilith/config.hpp>
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

/// Floats of memory that multiply_floats needs.
[[nodiscard]] constexpr std::size_t float_product_memory(std::size_t threads) noexcept {
  return 1024 * threads;
}

/// out[m, n] = (adds ? out[m, n] : 0) + sum_k left(m, k) right(k, n), in ascending k.
inline void multiply_floats(const float_matrix& left, const float_matrix& right, span2d<float> out,
                            bool adds, std::span<float>, const executor& run) noexcept {
  run.parallel_for(out.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t m = first; m < last; ++m) {
      if (!adds)
        for (std::size_t n = 0; n < out.cols; ++n) out(m, n) = 0.0f;
      for (std::size_t k = 0; k < left.cols; ++k)
        for (std::size_t n = 0; n < out.cols; ++n) out(m, n) += left(m, k) * right(k, n);
    }
  });
}

}  // namespace trilith::inline TRILITH_ABI

#endif
