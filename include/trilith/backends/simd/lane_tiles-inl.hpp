// A fragment of kernels-inl.hpp: tiles of products with sixteen tokens in the lanes of vectors; a
// weight is copied to all lanes.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

#if TRILITH_SIMD_LANES

inline constexpr std::size_t dwords_per_vector = HWY_LANES(std::int32_t);
inline constexpr std::size_t vectors_per_tile = panel_tokens / dwords_per_vector;

/// R rows of raw values times V vectors of tokens: four values of each at a time. Without dot
/// products, the sums of `Fours` times four values fit into 16 bits.
template <std::size_t Fours, std::size_t R, std::size_t V>
struct lane_kernel {
  const std::uint8_t* raw;  ///< [steps][16][64], at the first row
  const std::int8_t* x;     ///< [V / vectors_per_tile] tiles of [steps][16][16][4]
  std::size_t x_tile;       ///< bytes from one tile to the next
  std::int32_t* sums;       ///< the same tiles of [16][16], at the first row
  std::size_t in_step;      ///< how many fours of this step are done

  HWY_INLINE lane_kernel() {}

  HWY_INLINE std::int32_t* place(std::size_t r, std::size_t v) const {
    return sums + v / vectors_per_tile * sum_tile + r * panel_tokens +
           v % vectors_per_tile * dwords_per_vector;
  }
  // Indices are written out by packs, not by loops, so that the compiler sees from the start that
  // every sum has a register of its own.
  using all_rows = std::make_index_sequence<R>;
  using all_vectors = std::make_index_sequence<V>;
  using all_sums = std::make_index_sequence<R * V>;

#if TRILITH_SIMD_DOTS
  i32s sum[R * V];

  /// The sums stay in registers from the first step to the last, of which there is at least one: a
  /// loop that might not run would cost a copy of every sum.
  HWY_INLINE void run(std::size_t steps, bool clear) {
    begin(clear, all_sums{});
    do add_step(16);
    while (--steps != 0);
    end(all_sums{});
  }

 private:
  template <std::size_t... I>
  HWY_INLINE void begin(bool clear, std::index_sequence<I...>) {
    if (clear)
      ((sum[I] = hn::Zero(i32_tag{})), ...);
    else
      ((sum[I] = hn::Load(i32_tag{}, place(I / V, I % V))), ...);
  }
  template <std::size_t... I>
  HWY_INLINE void end(std::index_sequence<I...>) const {
    (hn::Store(sum[I], i32_tag{}, place(I / V, I % V)), ...);
  }
  template <std::size_t Row, std::size_t... I>
  HWY_INLINE void add_row(u8s w, const i8s* in, std::index_sequence<I...>) {
    ((sum[Row * V + I] = add_dots(sum[Row * V + I], w, in[I])), ...);
  }
#else
  i16s part[R * V];

  HWY_INLINE void run(std::size_t steps, bool clear) {
    for (std::size_t fours = steps * 16; fours != 0; fours -= Fours < fours ? Fours : fours) {
      begin(all_sums{});
      const std::size_t now = HWY_MIN(fours, Fours);
      for (std::size_t done = 0; done < now; done += 16)
        add_step(HWY_MIN(now - done, std::size_t{16}));
      end(clear, all_sums{});
      clear = false;
    }
  }

 private:
  template <std::size_t... I>
  HWY_INLINE void begin(std::index_sequence<I...>) {
    ((part[I] = hn::Zero(i16_tag{})), ...);
  }
  template <std::size_t... I>
  HWY_INLINE void end(bool clear, std::index_sequence<I...>) const {
    (fold(part[I], clear, place(I / V, I % V)), ...);
  }
  static HWY_INLINE void fold(i16s added, bool clear, std::int32_t* to) {
    const i32s before = clear ? hn::Zero(i32_tag{}) : hn::Load(i32_tag{}, to);
    hn::Store(add_pairs(before, added), i32_tag{}, to);
  }
  template <std::size_t Row, std::size_t... I>
  HWY_INLINE void add_row(u8s w, const i8s* in, std::index_sequence<I...>) {
    ((part[Row * V + I] = add_words(part[Row * V + I], pair_products(w, in[I]))), ...);
  }
#endif

  /// `fours` times four values, a multiple of 4 up to a step's 16.
  HWY_INLINE void add_step(std::size_t fours) {
    in_step += fours;
    do {
      add<0>(all_rows{}, all_vectors{});
      add<1>(all_rows{}, all_vectors{});
      add<2>(all_rows{}, all_vectors{});
      add<3>(all_rows{}, all_vectors{});
      raw += 16;
      x += 4 * plane;
    } while ((fours -= 4) != 0);
    if (in_step == 16) {
      raw += raw_tile - panel_values;
      in_step = 0;
    }
  }
  template <std::size_t Four, std::size_t... Row, std::size_t... I>
  HWY_INLINE void add(std::index_sequence<Row...>, std::index_sequence<I...> v) {
    const i8s in[V] = {tokens<Four>(I)...};
    (add_row<Row>(weights<Four>(Row), in, v), ...);
  }
  template <std::size_t Four>
  HWY_INLINE i8s tokens(std::size_t v) const {
    return hn::LoadU(i8_tag{}, x + v / vectors_per_tile * x_tile + Four * plane +
                                   v % vectors_per_tile * bytes_per_vector);
  }
  template <std::size_t Four>
  HWY_INLINE u8s weights(std::size_t r) const {
    std::uint32_t values;
    __builtin_memcpy(&values, raw + r * panel_values + Four * 4, 4);
    const hn::Repartition<std::uint32_t, u8_tag> dwords;
    return hn::BitCast(u8_tag{}, hn::Set(dwords, values));
  }
};

template <std::size_t Fours, std::size_t R, std::size_t V>
static HWY_NOINLINE void add_lane_tile(const std::uint8_t* raw, const std::int8_t* x,
                                       std::size_t x_tile, std::size_t steps, bool clear,
                                       std::int32_t* sums) noexcept {
  lane_kernel<Fours, R, V> k;
  k.raw = raw;
  k.x = x;
  k.x_tile = x_tile;
  k.sums = sums;
  k.in_step = 0;
  k.run(steps, clear);
}

/// As many sums as there are registers for: 24 of AVX-512's 32, 16 of NEON's 32, 8 of 16 elsewhere.
struct lane_tiles {
  struct session {};
  static constexpr std::size_t values = 256;  ///< at a time, for which the first cache has room
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  static constexpr std::size_t rows = 8, tiles = 3;
#elif defined(__aarch64__)
  static constexpr std::size_t rows = 4, tiles = 1;
#else
  static constexpr std::size_t rows = vectors_per_tile == 2 ? 4 : 2, tiles = 1;
#endif

  static HWY_INLINE void add(batch_block& b, const std::int8_t* x, std::size_t x_tile,
                             std::size_t steps, bool clear, [[maybe_unused]] int raw_limit,
                             const finish& done) {
#if TRILITH_SIMD_DOTS
    add_tokens<16>(b, x, x_tile, steps, clear, done);
#else
    // 32 * 256 * 3 and 8 * 256 * 15 are below 2^15
    if (raw_limit <= 3)
      add_tokens<32>(b, x, x_tile, steps, clear, done);
    else
      add_tokens<8>(b, x, x_tile, steps, clear, done);
#endif
  }

 private:
  /// As many tokens as the sums hold meet all rows before the next ones come from the second cache.
  template <std::size_t Fours>
  static HWY_NOINLINE void add_tokens(batch_block& b, const std::int8_t* x, std::size_t x_tile,
                                      std::size_t steps, bool clear, const finish& done) noexcept {
    const std::size_t all = b.token_tiles();
    for (std::size_t c = 0; c < all; c += tiles, x += tiles * x_tile) {
      std::int32_t* const sums = b.sums + c * sum_tile;
      const std::size_t count = HWY_MIN(tiles, all - c);
      if (count == tiles) add_rows<Fours, tiles>(b, x, x_tile, steps, clear, sums);
      if constexpr (tiles > 2)
        if (count == 2) add_rows<Fours, 2>(b, x, x_tile, steps, clear, sums);
      if constexpr (tiles > 1)
        if (count == 1) add_rows<Fours, 1>(b, x, x_tile, steps, clear, sums);
      done(c, count);
    }
  }

  template <std::size_t Fours, std::size_t Tiles>
  static HWY_INLINE void add_rows(batch_block& b, const std::int8_t* x, std::size_t x_tile,
                                  std::size_t steps, bool clear, std::int32_t* sums) {
    for (std::size_t r = 0; r < b.row_tiles(); ++r)
      for (std::size_t i = 0; i < tile_rows; i += rows) {
        for (std::size_t k = 0; k < steps * rows / block_rows + 1; ++k) b.ahead.step();
        add_lane_tile<Fours, rows, Tiles * vectors_per_tile>(
            b.raw + r * raw_tiles * raw_tile + i * panel_values, x, x_tile, steps, clear,
            sums + r * sum_tiles * sum_tile + i * panel_tokens);
      }
  }
};

#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
