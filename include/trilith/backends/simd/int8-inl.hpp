// A fragment of kernels-inl.hpp: products of packed codes with the int8 activations of few tokens.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The sums of R rows of packed codes with T tokens: every unpacked vector serves T tokens, and
/// every vector of activations R rows.
template <class P, std::size_t R, std::size_t T>
struct int8_tile {
  using sum_type = sum_of<P, T>;
  using opened = typename fields_of<P>::opened;
  const std::uint8_t* w[R];
  const std::int8_t* x[T];
  sum_type sum[R * T];
  // Indices are written out by packs, not by loops, so that the compiler sees from the start that
  // every sum has a register of its own.
  using all_rows = std::make_index_sequence<R>;
  using all_tokens = std::make_index_sequence<T>;
  using all_sums = std::make_index_sequence<R * T>;

  HWY_INLINE int8_tile() {}

  /// Codes [first, last) of the rows; first is a multiple of P::block, last also or the row's end.
  HWY_INLINE void add_codes(std::size_t first, std::size_t last) {
    for (; first + P::block <= last; first += P::block) {
      prefetch(first / P::fields);
      HWY_UNROLL(4)
      for (std::size_t c = 0; c < plane; c += bytes_per_vector)
        add_vector(first / P::fields + c, first + c, all_rows{});
      close_block(all_sums{});
    }
    if (first != last) add_narrow(first, last - first);
  }

  template <std::size_t... I>
  HWY_INLINE void clear(std::index_sequence<I...>) {
    (sum[I].clear(), ...);
  }
  template <std::size_t... I>
  HWY_INLINE void add_totals(std::int32_t* sums, std::index_sequence<I...>) const {
    ((sums[I] = hn::GetLane(
          hn::Add(hn::SumOfLanes(i32_tag{}, sum[I].total()), hn::Set(i32_tag{}, sums[I])))),
     ...);
  }

 private:
  HWY_INLINE opened open(std::size_t r, std::size_t byte) const {
    return fields_of<P>::open(hn::LoadU(u8_tag{}, w[r] + byte));
  }

  /// The bytes at `byte` of every row, whose first field's codes begin at `at`.
  template <std::size_t... Row>
  HWY_INLINE void add_vector(std::size_t byte, std::size_t at, std::index_sequence<Row...> rows) {
    const opened o[R] = {open(Row, byte)...};
    add_field<0>(o, at, rows);
  }

  /// Field F and those after it of full blocks; `at` is the first code of field F.
  template <std::size_t F, std::size_t... Row>
  HWY_INLINE void add_field(const opened* o, std::size_t at, std::index_sequence<Row...> rows) {
    const u8s value[R] = {sum_type::template value<F>(o[Row])...};
    multiply<F>(value, at, all_tokens{});
    if constexpr (F + 1 < P::fields) add_field<F + 1>(o, at + plane, rows);
  }

  template <std::size_t F, std::size_t... Token>
  HWY_INLINE void multiply(const u8s* value, std::size_t at, std::index_sequence<Token...>) {
    (multiply_token<F, Token>(value, hn::LoadU(i8_tag{}, x[Token] + at), all_rows{}), ...);
  }
  template <std::size_t F, std::size_t Token, std::size_t... Row>
  HWY_INLINE void multiply_token(const u8s* value, i8s in, std::index_sequence<Row...>) {
    (sum[Row * T + Token].template add<F>(value[Row], in), ...);
  }

  /// The last block of a row where it is not full: planes of `width` bytes; the lanes without a
  /// code are masked.
  HWY_INLINE void add_narrow(std::size_t first, std::size_t codes) {
    const std::size_t width = (codes + P::fields - 1) / P::fields;
    for (std::size_t c = 0; c < width; c += bytes_per_vector)
      add_narrow_vector(first, c, width, codes, all_rows{});
    close_block(all_sums{});
  }
  template <std::size_t... Row>
  HWY_INLINE void add_narrow_vector(std::size_t first, std::size_t c, std::size_t width,
                                    std::size_t codes, std::index_sequence<Row...> rows) {
    const opened o[R] = {open(Row, first / P::fields + c)...};
    add_narrow_field<0>(o, first, c, width, codes, rows);
  }
  template <std::size_t F, std::size_t... Row>
  HWY_INLINE void add_narrow_field(const opened* o, std::size_t first, std::size_t c,
                                   std::size_t width, std::size_t codes,
                                   std::index_sequence<Row...> rows) {
    const std::size_t at = F * width + c;
    if (at >= codes) return;
    const auto held = hn::FirstN(u8_tag{}, HWY_MIN(width - c, codes - at));
    const u8s value[R] = {hn::IfThenElseZero(held, sum_type::template value<F>(o[Row]))...};
    multiply<F>(value, first + at, all_tokens{});
    if constexpr (F + 1 < P::fields) add_narrow_field<F + 1>(o, first, c, width, codes, rows);
  }

  /// Rows follow each other, so these lines are of this row or of one of the next. The near one
  /// hides the latency of the second cache, the far one that of memory.
  HWY_INLINE void prefetch(std::size_t byte) const {
    __builtin_prefetch(w[0] + R * byte + near_bytes);
    __builtin_prefetch(w[0] + R * byte + far_bytes, 0, 2);
    if constexpr (R == 2) {
      __builtin_prefetch(w[0] + R * byte + near_bytes + plane);
      __builtin_prefetch(w[0] + R * byte + far_bytes + plane, 0, 2);
    }
  }
  static constexpr std::size_t near_bytes = 1024, far_bytes = 8192;

  template <std::size_t... I>
  HWY_INLINE void close_block(std::index_sequence<I...>) {
    (sum[I].close_block(), ...);
  }
};

/// The sums of group g of rows [first, last) with T tokens from t on, [row][token]. Reads at most
/// 63 bytes past the last code's byte and past the last activation.
template <class P, std::size_t R, std::size_t T>
static HWY_NOINLINE void sum_rows(const product& p, std::size_t first, std::size_t last,
                                  std::size_t t, std::size_t g, std::int32_t* sums) noexcept {
  // as many codes as place_sum can add: 16384 blocks
  constexpr std::size_t part = 16384 * P::block;
  const std::size_t n = HWY_MIN(p.group, p.cols - g * p.group);
  const auto* w = static_cast<const std::uint8_t*>(p.weights) + g * p.group_bytes;
  const auto* x = static_cast<const std::int8_t*>(p.x) + g * p.group;
  for (std::size_t o = first; o < last; o += R, sums += R * T) {
    int8_tile<P, R, T> tile;
    for (std::size_t r = 0; r < R; ++r) tile.w[r] = w + HWY_MIN(o + r, last - 1) * p.row_bytes;
    for (std::size_t c = 0; c < T; ++c) tile.x[c] = x + (t + c) * p.x_stride;
    for (std::size_t i = 0; i < R * T; ++i) sums[i] = 0;
    for (std::size_t begin = 0; begin < n; begin += part) {
      tile.clear(typename int8_tile<P, R, T>::all_sums{});
      tile.add_codes(begin, HWY_MIN(n, begin + part));
      tile.add_totals(sums, typename int8_tile<P, R, T>::all_sums{});
    }
  }
}

// One row at a time reads memory as one stream. Thirty-two registers hold the sums of two rows with
// eight tokens, sixteen those of one row with four.
inline constexpr std::size_t rows_for_many = bytes_per_vector == 64 ? 2 : 1;

template <class P>
static void multiply_few(const product& p, std::size_t first, std::size_t last) noexcept {
  using rows = simd_tiles::rows_kernel;
  const simd_tiles::int8_sums kind{P::step, P::offset, ceil_div(p.cols, p.group)};
  const rows one{1, &sum_rows<P, 1, 1>}, four{4, &sum_rows<P, rows_for_many, 4>};
#if TRILITH_SIMD_DOTS && HWY_TARGET <= HWY_AVX3
  const rows eight{8, &sum_rows<P, rows_for_many, 8>};
  simd_tiles::multiply_rows(p, first, last, kind, {eight, four, one});
#else
  simd_tiles::multiply_rows(p, first, last, kind, {four, four, one});
#endif
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
