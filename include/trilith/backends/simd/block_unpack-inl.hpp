// A fragment of kernels-inl.hpp: the codes of a block of rows, unpacked once for many tokens.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

inline constexpr std::size_t tile_rows = 16, block_rows = 32, block_tokens = 192,
                             block_values = 640;
inline constexpr std::size_t raw_tile = tile_rows * panel_values;  // bytes
inline constexpr std::size_t sum_tile = tile_rows * panel_tokens;  // int32
inline constexpr std::size_t raw_tiles = block_values / panel_values;
inline constexpr std::size_t sum_tiles = block_tokens / panel_tokens;

/// Part of a product's sums: the rows from o on, of group g the values from k on.
struct batch_part {
  std::size_t o, rows;      ///< rows [o, o + rows)
  std::size_t g, k, count;  ///< values [k, k + count) of group g
};

/// `count` values of a row, as to[values / 64][16][64].
template <class P>
static HWY_INLINE void unpack_row(const std::uint8_t* w, std::size_t count, std::uint8_t* to) {
  for (; count >= P::block; count -= P::block, w += plane, to += P::fields * raw_tile)
    unpack_block<P, as_raw>(w, raw_tile, to);
  if (count == 0) return;
  HWY_ALIGN std::uint8_t rest[P::block + plane];
  unpack_rest<P>(w, count, rest);
  for (std::size_t k = 0; k < count; k += panel_values, to += raw_tile)
    __builtin_memcpy(to, rest + k, panel_values);
}

/// Asks for memory a little at a time, so that the lines have come when they are needed and never
/// many are on their way at once: the packed weights of the next block of rows, and the outputs of
/// this one.
struct lines_ahead {
  const std::uint8_t *weights, *weights_end;
  const float *outputs, *outputs_end;
  std::size_t output_stride, weights_a_step, weights_a_row;

  HWY_INLINE lines_ahead() {}
  /// While 64 values of some tiles are multiplied.
  HWY_INLINE void step() {
    ask(weights_a_step);
    if (outputs < outputs_end) {
      __builtin_prefetch(outputs, 1, 2);
      __builtin_prefetch(outputs + tile_rows, 1, 2);
      outputs += output_stride;
    }
  }
  /// While a part of a row is unpacked.
  HWY_INLINE void row() { ask(weights_a_row); }

 private:
  HWY_INLINE void ask(std::size_t lines) {
    for (; lines != 0 && weights < weights_end; --lines, weights += plane)
      __builtin_prefetch(weights, 0, 2);
  }
};

/// A part's rows, as raw[row / 16][values / 64][row % 16][64].
template <class P>
static HWY_NOINLINE void unpack_part(const product& p, const batch_part& part, lines_ahead& ahead,
                                     std::uint8_t* raw) noexcept {
  const auto* w = static_cast<const std::uint8_t*>(p.weights) + part.o * p.row_bytes +
                  part.g * p.group_bytes + part.k / P::fields;
  for (std::size_t r = 0; r < part.rows; ++r, w += p.row_bytes) {
    ahead.row();
    unpack_row<P>(w, part.count,
                  raw + (r / tile_rows * raw_tiles * tile_rows + r % tile_rows) * panel_values);
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
