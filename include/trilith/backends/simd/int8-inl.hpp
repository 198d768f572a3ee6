// A fragment of kernels-inl.hpp: products of packed codes with int8 activations.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The sums of R rows of packed codes with T tokens: every unpacked vector serves T tokens, and
/// every vector of activations R rows.
template <class P, std::size_t R, std::size_t T>
struct int8_tile {
  const std::uint8_t* w[R];
  const std::int8_t* x[T];
  sum_of<P> sum[R][T];

  HWY_INLINE int8_tile() {}

  /// Codes [first, last) of the rows; first is a multiple of P::block, last also or the row's end.
  HWY_INLINE void add_codes(std::size_t first, std::size_t last) {
    for (; first + P::block <= last; first += P::block) {
      if constexpr (T == 1) prefetch(first / P::fields);
      for (std::size_t c = 0; c < plane; c += bytes_per_vector)
        add_vector<false>(first, P::block, plane, c);
      close_block();
    }
    if (first == last) return;
    const std::size_t width = (last - first + P::fields - 1) / P::fields;
    for (std::size_t c = 0; c < width; c += bytes_per_vector)
      add_vector<true>(first, last - first, width, c);
    close_block();
  }

  /// The packed bytes from c on of the block that holds the `codes` codes from `first` on in
  /// `width` bytes. In the last, narrower block the lanes without a code are masked.
  template <bool Narrower>
  HWY_INLINE void add_vector(std::size_t first, std::size_t codes, std::size_t width,
                             std::size_t c) {
    u8s state[R];
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < R; ++r)
      state[r] = fields_of<P>::first(hn::LoadU(u8_tag{}, w[r] + first / P::fields + c));
    for (std::size_t f = 0, at = c; f < P::fields; ++f, at += width) {
      if (Narrower && at >= codes) return;
      const std::size_t held = HWY_MIN(width - c, codes - at);
      HWY_UNROLL(4)
      for (std::size_t r = 0; r < R; ++r) {
        auto taken = sum_of<P>::take(state[r]);
        if constexpr (Narrower) taken = sum_of<P>::keep(hn::FirstN(u8_tag{}, held), taken);
        state[r] = fields_of<P>::next(state[r]);
        HWY_UNROLL(4)
        for (std::size_t t = 0; t < T; ++t)
          sum[r][t].add(taken, hn::LoadU(i8_tag{}, x[t] + first + at));
      }
    }
  }

  /// One token leaves too little work per byte to hide the latency of memory. The rows of a tile
  /// follow each other, so this line is some row's of this tile or of one of the next.
  HWY_INLINE void prefetch(std::size_t byte) const {
    constexpr std::size_t ahead = 2560;
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < R; ++r) __builtin_prefetch(w[r] + byte + ahead);
  }
  HWY_INLINE void clear() {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < R * T; ++i) sum[i / T][i % T].clear();
  }
  HWY_INLINE void close_block() {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < R * T; ++i) sum[i / T][i % T].close_block();
  }
  HWY_INLINE void add_totals(std::int32_t* sums) const {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < R * T; ++i)
      sums[i] = hn::GetLane(hn::Add(hn::SumOfLanes(i32_tag{}, sum[i / T][i % T].total()),
                                    hn::Set(i32_tag{}, sums[i])));
  }
};

/// A tile::dot_fn. Reads at most 63 bytes past the last code's byte and past the last activation.
template <class P, std::size_t R, std::size_t T>
static HWY_NOINLINE void dot_int8(const std::uint8_t* const* w, const std::int8_t* const* x,
                                  std::size_t n, std::int32_t* sums) noexcept {
  int8_tile<P, R, T> tile;
  for (std::size_t r = 0; r < R; ++r) tile.w[r] = w[r];
  for (std::size_t t = 0; t < T; ++t) tile.x[t] = x[t];
  for (std::size_t i = 0; i < R * T; ++i) sums[i] = 0;
  constexpr std::size_t part = 1024 * P::block;  // as many as sum_of<base3> can add
  for (std::size_t first = 0; first < n; first += part) {
    tile.clear();
    tile.add_codes(first, HWY_MIN(n, first + part));
    tile.add_totals(sums);
  }
}

// Sixteen registers hold four rows for one token, or one row for four; AVX-512 has twice as many.
inline constexpr std::size_t rows_for_four = bytes_per_vector == 64 ? 2 : 1;

template <class P>
static void multiply_int8(const product& p, std::size_t first, std::size_t last) noexcept {
  using tile = simd_tiles::tile<simd_tiles::int8_sums>;
  simd_tiles::multiply(
      p, first, last, simd_tiles::int8_sums{P::step, P::offset, ceil_div(p.cols, p.group)},
      tile{4, 1, &dot_int8<P, 4, 1>}, tile{rows_for_four, 4, &dot_int8<P, rows_for_four, 4>});
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
