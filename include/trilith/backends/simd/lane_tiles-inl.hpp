// A fragment of kernels-inl.hpp: tiles of products with sixteen tokens in the lanes of vectors; a
// weight is copied to all lanes.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

#if TRILITH_SIMD_LANES

inline constexpr std::size_t dwords_per_vector = HWY_LANES(std::int32_t);
inline constexpr std::size_t vectors_per_tile = panel_tokens / dwords_per_vector;

/// R rows of raw values times V vectors of tokens: four values of each at a time.
template <class P, std::size_t R, std::size_t V>
struct lane_kernel {
  const std::uint8_t* raw;  ///< [steps][16][64], at the first row
  const std::int8_t* x;     ///< [V / vectors_per_tile] tiles of [steps][16][16][4]
  std::size_t x_tile;       ///< bytes from one tile to the next
  std::int32_t* sums;       ///< the same tiles of [16][16], at the first row

  HWY_INLINE lane_kernel() {}

  HWY_INLINE std::int32_t* place(std::size_t r, std::size_t v) const {
    return sums + v / vectors_per_tile * sum_tile + r * panel_tokens +
           v % vectors_per_tile * dwords_per_vector;
  }
  HWY_INLINE i8s tokens(std::size_t v, std::size_t four) const {
    return hn::LoadU(i8_tag{}, x + v / vectors_per_tile * x_tile + four * plane +
                                   v % vectors_per_tile * bytes_per_vector);
  }
  HWY_INLINE u8s weights(std::size_t r, std::size_t four) const {
    std::uint32_t values;
    __builtin_memcpy(&values, raw + four / 16 * raw_tile + r * panel_values + four % 16 * 4, 4);
    const hn::Repartition<std::uint32_t, u8_tag> u32_tag;
    return hn::BitCast(u8_tag{}, hn::Set(u32_tag, values));
  }

#if TRILITH_SIMD_DOTS
  /// The sums stay in registers from the first step to the last.
  HWY_INLINE void run(std::size_t steps, bool clear) const {
    i32s sum[R][V];
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < R; ++r) HWY_UNROLL(8)
    for (std::size_t v = 0; v < V; ++v)
      sum[r][v] = clear ? hn::Zero(i32_tag{}) : hn::Load(i32_tag{}, place(r, v));
    for (std::size_t four = 0; four < steps * 16; ++four) {
      i8s in[V];
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < V; ++v) in[v] = tokens(v, four);
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < R; ++r) {
        const u8s w = weights(r, four);
        HWY_UNROLL(8)
        for (std::size_t v = 0; v < V; ++v) sum[r][v] = add_dots(sum[r][v], w, in[v]);
      }
    }
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < R; ++r) HWY_UNROLL(8)
    for (std::size_t v = 0; v < V; ++v) hn::Store(sum[r][v], i32_tag{}, place(r, v));
  }
#else
  /// Additions that fit into 16 bits.
  static constexpr std::size_t fours_at_once =
      fields_of<P>::raw_limit <= 3 ? 32 : 32767 / (fields_of<P>::raw_limit * 256);

  HWY_INLINE void run(std::size_t steps, bool clear) const {
    for (std::size_t four = 0; four < steps * 16; four += fours_at_once) {
      add_some(four, HWY_MIN(four + fours_at_once, steps * 16), clear);
      clear = false;
    }
  }
  HWY_INLINE void add_some(std::size_t four, std::size_t end, bool clear) const {
    i16s part[R][V];
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < R; ++r) HWY_UNROLL(8)
    for (std::size_t v = 0; v < V; ++v) part[r][v] = hn::Zero(i16_tag{});
    for (; four < end; ++four) {
      i8s in[V];
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < V; ++v) in[v] = tokens(v, four);
      HWY_UNROLL(8)
      for (std::size_t r = 0; r < R; ++r) {
        const u8s w = weights(r, four);
        HWY_UNROLL(8)
        for (std::size_t v = 0; v < V; ++v)
          part[r][v] = hn::Add(part[r][v], pair_products(w, in[v]));
      }
    }
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < R; ++r) HWY_UNROLL(8)
    for (std::size_t v = 0; v < V; ++v) {
      std::int32_t* const to = place(r, v);
      const i32s before = clear ? hn::Zero(i32_tag{}) : hn::Load(i32_tag{}, to);
      hn::Store(add_pairs(before, part[r][v]), i32_tag{}, to);
    }
  }
#endif
};

template <class P, std::size_t R, std::size_t V>
static HWY_NOINLINE void add_lane_tile(const std::uint8_t* raw, const std::int8_t* x,
                                       std::size_t x_tile, std::size_t steps, bool clear,
                                       std::int32_t* sums) noexcept {
  lane_kernel<P, R, V> k;
  k.raw = raw;
  k.x = x;
  k.x_tile = x_tile;
  k.sums = sums;
  k.run(steps, clear);
}

/// As many sums as there are registers for: 24 of AVX-512's 32, 8 of 16 elsewhere.
struct lane_tiles {
  struct session {};
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  static constexpr std::size_t rows = 8, tiles = 3;
#else
  static constexpr std::size_t rows = vectors_per_tile == 2 ? 4 : 2, tiles = 1;
#endif

  template <class P>
  static HWY_INLINE void add(batch_block& b, const std::int8_t* x, std::size_t x_tile,
                             std::size_t steps, bool clear) {
    for (std::size_t r = 0; r < b.row_tiles(); ++r)
      for (std::size_t i = 0; i < tile_rows; i += rows)
        add_rows<P>(b, r, i, x, x_tile, steps, clear);
  }

 private:
  template <class P>
  static HWY_INLINE void add_rows(batch_block& b, std::size_t r, std::size_t i,
                                  const std::int8_t* x, std::size_t x_tile, std::size_t steps,
                                  bool clear) {
    const std::uint8_t* const raw = b.raw + r * raw_tiles * raw_tile + i * panel_values;
    std::int32_t* sums = b.sums + r * sum_tiles * sum_tile + i * panel_tokens;
    std::size_t left = b.token_tiles();
    for (; left >= tiles; left -= tiles, x += tiles * x_tile, sums += tiles * sum_tile)
      add_lane_tile<P, rows, tiles * vectors_per_tile>(raw, x, x_tile, steps, clear, sums);
    if constexpr (tiles > 2) {
      if (left == 2)
        add_lane_tile<P, rows, 2 * vectors_per_tile>(raw, x, x_tile, steps, clear, sums);
    }
    if constexpr (tiles > 1) {
      if (left == 1) add_lane_tile<P, rows, vectors_per_tile>(raw, x, x_tile, steps, clear, sums);
    }
  }
};

#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
