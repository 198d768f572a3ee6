#ifndef TRILITH_BACKENDS_SIMD_TILES_HPP
#define TRILITH_BACKENDS_SIMD_TILES_HPP

#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/core/numeric.hpp>

/// What all targets share: how a product is cut into tiles, and what becomes of a tile's sums. It
/// is compiled once, without the instructions of any target.
namespace trilith::inline TRILITH_ABI::simd_tiles {

using simd::product;

/// The sums over one group with int8 activations: sum raw * x, where code = offset + step * raw.
struct int8_sums {
  int step;
  int offset;
  std::size_t groups;  ///< in a row

  /// sum code * x = step * sum raw * x + offset * sum x. Each part may wrap, the result does not.
  [[nodiscard]] float value(const product& p, std::int32_t raw, std::size_t t,
                            std::size_t g) const noexcept {
    const auto x_sum = static_cast<std::uint32_t>(p.x_sums[t * groups + g]);
    const std::uint32_t scaled = static_cast<std::uint32_t>(step) * static_cast<std::uint32_t>(raw);
    return static_cast<float>(
        static_cast<std::int32_t>(scaled + static_cast<std::uint32_t>(offset) * x_sum));
  }
};

/// A kernel: the sums of group g of rows [first, last) with `tokens` tokens from t on,
/// sums[r * tokens + t]. It may write the sums of three rows more.
struct rows_kernel {
  using sum_fn = void (*)(const product& p, std::size_t first, std::size_t last, std::size_t t,
                          std::size_t g, std::int32_t* sums) noexcept;
  std::size_t tokens;
  sum_fn sum;
};
inline constexpr std::size_t rows_at_once = 32, most_tokens_at_once = 4;

/// y += float(sum_g) * (scale_g * x_scale) for some rows, the groups in ascending order from +0.
TRILITH_EXACT_FLOAT inline void add_group(const product& p, std::size_t o, std::size_t rows,
                                          std::size_t t, std::size_t tokens, std::size_t g,
                                          const int8_sums& kind, const std::int32_t* sums,
                                          float* y) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t r = 0; r < rows; ++r) {
    const float scale = p.scales[(o + r) * p.scale_row + g * p.scale_group];
    for (std::size_t c = 0; c < tokens; ++c)
      y[r * tokens + c] +=
          kind.value(p, sums[r * tokens + c], t + c, g) * (scale * p.x_scales[t + c]);
  }
}

/// The outputs of rows [o, o + rows) for the tokens of one kernel call.
[[gnu::noinline, maybe_unused]] static void multiply_block(const product& p, std::size_t o,
                                                           std::size_t rows, std::size_t t,
                                                           const int8_sums& kind,
                                                           const rows_kernel& k) noexcept {
  std::int32_t sums[(rows_at_once + 4) * most_tokens_at_once];
  float y[rows_at_once * most_tokens_at_once] = {};
  for (std::size_t g = 0; g < kind.groups; ++g) {
    k.sum(p, o, o + rows, t, g, sums);
    add_group(p, o, rows, t, k.tokens, g, kind, sums, y);
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < k.tokens; ++c)
      p.y[(t + c) * p.y_stride + o + r] = y[r * k.tokens + c];
}

/// Rows [first, last): a few at a time for all tokens, so that each is fetched once.
[[maybe_unused]] static void multiply_rows(const product& p, std::size_t first, std::size_t last,
                                           const int8_sums& kind, const rows_kernel& some,
                                           const rows_kernel& one) noexcept {
  for (std::size_t o = first; o < last; o += rows_at_once) {
    const std::size_t rows = min_of(rows_at_once, last - o);
    for (std::size_t t = 0; t < p.tokens;) {
      const rows_kernel& fit = p.tokens - t >= some.tokens ? some : one;
      multiply_block(p, o, rows, t, kind, fit);
      t += fit.tokens;
    }
  }
}

/// The sums over one group with float activations: element i is added to lane i % lanes.
struct float_sums {
  using activation = float;
  struct sum {
    float lane[lanes];
  };
  [[nodiscard]] float value(const product&, sum& s, std::size_t, std::size_t) const noexcept {
    return add_lanes(s.lane);
  }
};

/// A kernel: the sums of `rows` rows of packed weights with `tokens` tokens over n codes,
/// sums[r * tokens + t]. At most 16 sums.
template <class Sums>
struct tile {
  using dot_fn = void (*)(const std::uint8_t* const* w, const typename Sums::activation* const* x,
                          std::size_t n, typename Sums::sum* sums) noexcept;
  std::size_t rows;
  std::size_t tokens;
  dot_fn dot;
};

/// The outputs of one tile from row o and token t on. A tile that reaches past `last` computes the
/// last row more than once.
template <class Sums>
[[gnu::noinline]] TRILITH_EXACT_FLOAT static void multiply_tile(const product& p, std::size_t o,
                                                                std::size_t last, std::size_t t,
                                                                const Sums& kind,
                                                                const tile<Sums>& k) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const auto* weights = static_cast<const std::uint8_t*>(p.weights);
  const auto* activations = static_cast<const typename Sums::activation*>(p.x);
  const std::uint8_t* w[16];
  const typename Sums::activation* x[16];
  typename Sums::sum sums[16];
  float y[16] = {};
  for (std::size_t g = 0; g * p.group < p.cols; ++g) {
    for (std::size_t r = 0; r < k.rows; ++r)
      w[r] = weights + min_of(o + r, last - 1) * p.row_bytes + g * p.group_bytes;
    for (std::size_t c = 0; c < k.tokens; ++c)
      x[c] = activations + (t + c) * p.x_stride + g * p.group;
    k.dot(w, x, min_of(p.group, p.cols - g * p.group), sums);
    for (std::size_t r = 0; r < k.rows && o + r < last; ++r) {
      const float scale = p.scales[(o + r) * p.scale_row + g * p.scale_group];
      for (std::size_t c = 0; c < k.tokens; ++c)
        y[r * k.tokens + c] +=
            kind.value(p, sums[r * k.tokens + c], t + c, g) * (scale * p.x_scales[t + c]);
    }
  }
  for (std::size_t r = 0; r < k.rows && o + r < last; ++r)
    for (std::size_t c = 0; c < k.tokens; ++c)
      p.y[(t + c) * p.y_stride + o + r] = y[r * k.tokens + c];
}

/// Rows [first, last) and tokens [begin, end), in tiles of one kind.
template <class Sums>
static void multiply_tiles(const product& p, std::size_t first, std::size_t last, std::size_t begin,
                           std::size_t end, const Sums& kind, const tile<Sums>& k) noexcept {
  for (std::size_t o = first; o < last; o += k.rows)
    for (std::size_t t = begin; t < end; t += k.tokens) multiply_tile(p, o, last, t, kind, k);
}

/// Rows [first, last): as many tokens as fill tiles of `many`, the others one by one. The rows of
/// one tile are done with all tokens of a part before the next, so that they are fetched once.
template <class Sums>
static void multiply(const product& p, std::size_t first, std::size_t last, const Sums& kind,
                     const tile<Sums>& one, const tile<Sums>& many) noexcept {
  const std::size_t full = p.tokens / many.tokens * many.tokens;
  const std::size_t rows = max_of(one.rows, many.rows);
  // a part of the tokens small enough to stay in the cache while all rows pass by
  constexpr std::size_t part = 32;
  for (std::size_t begin = 0, next = 0; begin < p.tokens; begin = next) {
    const std::size_t whole = min_of(begin + part, full);
    next = whole == full ? p.tokens : whole;
    for (std::size_t o = first; o < last; o += rows) {
      const std::size_t stop = min_of(o + rows, last);
      multiply_tiles(p, o, stop, begin, whole, kind, many);
      multiply_tiles(p, o, stop, whole, next, kind, one);
    }
  }
}

}  // namespace trilith::inline TRILITH_ABI::simd_tiles

#endif
