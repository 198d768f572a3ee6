#ifndef TRILITH_BACKENDS_SPLIT_PRODUCT_HPP
#define TRILITH_BACKENDS_SPLIT_PRODUCT_HPP

#include <trilith/backends/gradient_memory.hpp>

namespace trilith::inline TRILITH_ABI::detail {

/// Codes [rows, depth] that gradients in halves are multiplied with.
struct split_weights {
  const std::int8_t* codes = nullptr;
  std::size_t rows = 0, stride = 0;
  float scale = 1.0f;
};

inline constexpr auto bits8_index = static_cast<std::size_t>(simd::weight_format::bits8);

/// The kernel that reads panels, or null.
[[nodiscard]] inline simd::product_fn split_kernel() noexcept {
  return simd::kernels().batch[bits8_index];
}

/// Part of a product of gradients in halves: the halves are two groups of activations that meet the
/// same codes, group_bytes = 0, under scales 256 to 1.
struct split_part {
  const split_weights& w;
  const split_view& g;
  span2d<float> out;  ///< [lanes, rows]
  bool adds;
  float scales[2];

  split_part(const split_weights& weights, const split_view& gradients, span2d<float> y,
             bool sum) noexcept
      : w(weights), g(gradients), out(y), adds(sum), scales{256.0f * w.scale, w.scale} {}

  /// Of lanes [first, first + count) with all rows.
  [[nodiscard]] simd::product product(std::size_t first, std::size_t count) const noexcept {
    simd::product p;
    p.weights = w.codes;
    p.rows = w.rows;
    p.cols = 2 * g.depth;
    p.row_bytes = w.stride;
    p.group = g.depth;
    p.scales = scales;
    p.scale_group = 1;
    p.x_scales = g.scales + first;
    p.x_sums = g.sums + 2 * first;
    p.tokens = count;
    p.panel = g.panel + first * g.panel_width();
    p.y = out.data + first * out.stride;
    p.y_stride = out.stride;
    return p;
  }

  /// Rows [row, row + count) of p, by way of `memory` where they are added to what is there.
  void run(simd::product_fn kernel, simd::product p, std::size_t row, std::size_t count,
           float* memory) const noexcept {
    if (!adds) return kernel(p, row, row + count);
    float* const y = p.y + row;
    p.weights = w.codes + row * w.stride;
    p.rows = count;
    p.y = memory;
    p.y_stride = count;
    kernel(p, 0, count);
    for (std::size_t t = 0; t < p.tokens; ++t)
      simd::rows().add(y + t * out.stride, memory + t * count, count);
  }
};

/// For kernels without panels: a few lanes as rows, [count, 2, depth].
inline void rows_of_panel(const split_view& g, std::size_t first, std::size_t count,
                          std::int8_t* rows) noexcept {
  const std::size_t width = g.panel_width() / 2;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t lane = first + i;
    const std::int8_t* const panel = g.panel +
                                     lane / simd::panel_tokens * simd::panel_tokens * 2 * width +
                                     lane % simd::panel_tokens * 4;
    for (std::size_t half = 0; half < 2; ++half)
      for (std::size_t k = 0; k < g.depth; ++k)
        *rows++ = panel[(half * width + k) / 4 * 4 * simd::panel_tokens + k % 4];
  }
}

/// How a product is shared: `lanes` of the gradients, as many as the kernels take at once, with as
/// many of the rows as leave their outputs in the second cache.
struct split_blocks {
  std::size_t lanes, rows;
  std::size_t across;  ///< blocks of rows

  split_blocks(const split_view& g, std::size_t all_rows, bool panels) noexcept
      : lanes(panels ? 192 : clamp_to<std::size_t>(row_bytes / (2 * g.depth), 1, 16)),
        rows(panels ? 256 : outputs / 16),
        across(ceil_div(all_rows, rows)) {}

  static constexpr std::size_t outputs = std::size_t{192} * 256;  ///< floats of a thread's memory
  /// What is left of it for rows_of_panel(), and for the vector that a kernel may load past them.
  static constexpr std::size_t row_bytes =
      (simd::float_tile_limits::memory - outputs) * sizeof(float) - 64;
};

/// out[t, o] (+)= sum_k codes[o, k] g[t, k] * scale, in the order of kernel_table.hpp.
inline void multiply_split(const split_weights& w, const split_view& g, span2d<float> out,
                           bool adds, gradient_memory& memory, executor run) noexcept {
  if (g.depth == 0 && !adds)
    for (std::size_t t = 0; t < out.rows; ++t)
      for (std::size_t o = 0; o < out.cols; ++o) out(t, o) = 0.0f;
  if (g.depth == 0 || g.lanes == 0 || w.rows == 0) return;
  run.threads = min_of(run.threads, memory.threads());
  const split_part all(w, g, out, adds);
  const simd::product_fn batch = split_kernel();
  const split_blocks blocks(g, w.rows, batch != nullptr);
  TRILITH_PRECONDITION(2 * g.depth <= split_blocks::row_bytes, "a gradient is too deep.");
  run.parallel_for(ceil_div(g.lanes, blocks.lanes) * blocks.across, 1,
                   [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                     for (std::size_t i = first; i < last; ++i) {
                       const std::size_t lane = i / blocks.across * blocks.lanes;
                       const std::size_t row = i % blocks.across * blocks.rows;
                       const std::size_t count = min_of(blocks.lanes, g.lanes - lane);
                       float* const scratch = memory.floats_of(slot);
                       simd::product p = all.product(lane, count);
                       if (batch == nullptr) {
                         auto* const x =
                             reinterpret_cast<std::int8_t*>(scratch + split_blocks::outputs);
                         rows_of_panel(g, lane, count, x);
                         p.x = x;
                         p.x_stride = p.cols;
                         p.panel = nullptr;
                       }
                       all.run(batch != nullptr ? batch : simd::kernels().int8[bits8_index], p, row,
                               min_of(blocks.rows, w.rows - row), scratch);
                     }
                   });
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
