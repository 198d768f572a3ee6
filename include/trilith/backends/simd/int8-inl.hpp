// A fragment of kernels-inl.hpp: products of packed codes with the int8 activations of few tokens.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Codes that follow each other: whole blocks and a rest. The same for every row, so that no row
/// divides.
struct code_run {
  std::size_t blocks, rest;

  HWY_INLINE code_run(std::size_t codes, std::size_t block)
      : blocks(codes / block), rest(codes % block) {}
};

/// The sums of R rows of packed codes with T tokens: every unpacked vector serves T tokens, and
/// every vector of activations R rows. InOrder: the rows that follow are the next ones.
template <class P, std::size_t R, std::size_t T, bool InOrder>
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

  /// The codes of one run from `at` on, whose bytes begin at `byte`.
  HWY_INLINE void add_codes(const code_run& run, std::size_t byte, std::size_t at) {
    if (std::size_t blocks = run.blocks; blocks != 0) do {
        prefetch(byte);
        HWY_UNROLL(4)
        for (std::size_t c = 0; c < plane; c += bytes_per_vector)
          add_vector(byte + c, at + c, all_rows{});
        close_block(all_sums{});
        byte += plane;
        at += P::block;
      } while (--blocks != 0);
    if (run.rest == 0) return;
    prefetch(byte);
    add_narrow(run.rest, byte, at);
  }

  template <std::size_t... I>
  HWY_INLINE void clear(std::index_sequence<I...>) {
    (sum[I].clear(), ...);
  }
  /// totals[i] += the vector whose lanes add up to sum i
  template <std::size_t... I>
  HWY_INLINE void add_totals(i32s* totals, std::index_sequence<I...>) const {
    ((totals[I] = hn::Add(totals[I], sum[I].total())), ...);
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
    if constexpr (R == 1)
      (sum[Token].template add<F>(value[0], x[Token] + at), ...);
    else
      (multiply_token<F, Token>(value, hn::LoadU(i8_tag{}, x[Token] + at), all_rows{}), ...);
  }
  template <std::size_t F, std::size_t Token, std::size_t... Row>
  HWY_INLINE void multiply_token(const u8s* value, i8s in, std::index_sequence<Row...>) {
    (sum[Row * T + Token].template add<F>(value[Row], in), ...);
  }

  /// The last block of a row where it is not full, one byte a value: zeros follow the last.
  HWY_INLINE void add_narrow(std::size_t codes, std::size_t byte, std::size_t at) {
    HWY_ALIGN std::uint8_t raw[R][P::block + plane];
    for (std::size_t r = 0; r < R; ++r) unpack_rest<P>(w[r] + byte, codes, raw[r]);
    for (std::size_t i = 0; i < codes; i += bytes_per_vector) add_raw(raw, i, at + i, all_rows{});
    close_block(all_sums{});
  }
  template <std::size_t... Row>
  HWY_INLINE void add_raw(const std::uint8_t (&raw)[R][P::block + plane], std::size_t i,
                          std::size_t at, std::index_sequence<Row...>) {
    const u8s value[R] = {hn::Load(u8_tag{}, raw[Row] + i)...};
    multiply<0>(value, at, all_tokens{});
  }

  /// Rows follow each other, so these lines are of this row or of one of the next. The near one
  /// hides the latency of the second cache, the far one that of memory.
  HWY_INLINE void prefetch(std::size_t byte) const {
    if constexpr (!InOrder) return;
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

/// As many codes as place_sum can add.
template <class P>
inline constexpr std::size_t part_codes = 16384 * P::block;

/// One row block's sums as vectors whose lanes add up to them; `run` is all of it, or its first
/// part.
template <class P, std::size_t R, std::size_t T, bool InOrder = true, std::size_t... I>
static HWY_INLINE void sum_block(const std::uint8_t* const* w, const std::int8_t* x,
                                 std::size_t stride, code_run run, std::size_t n, i32s* totals,
                                 std::index_sequence<I...> all) {
  int8_tile<P, R, T, InOrder> tile;
  for (std::size_t r = 0; r < R; ++r) tile.w[r] = w[r];
  for (std::size_t c = 0; c < T; ++c) tile.x[c] = x + c * stride;
  ((totals[I] = hn::Zero(i32_tag{})), ...);
  for (std::size_t at = 0;;) {
    tile.clear(all);
    tile.add_codes(run, at / P::fields, at);
    tile.add_totals(totals, all);
    if ((at += part_codes<P>) >= n) return;
    run = code_run(HWY_MIN(n - at, part_codes<P>), P::block);
  }
}

/// A sum_fn of rows_kernel: the sums of group g of rows [first, last) with T tokens from t on,
/// [row][token], and of up to three rows more. Reads at most 63 bytes past the last code's byte and
/// past the last activation.
template <class P, std::size_t R, std::size_t T>
static HWY_NOINLINE void sum_rows(const product& p, std::size_t first, std::size_t last,
                                  std::size_t t, std::size_t g, std::int32_t* sums) noexcept {
  // four sums are reduced at once: of four rows for one token, of R for more
  constexpr std::size_t blocks = R * T < 4 ? 4 / (R * T) : 1;
  const std::size_t n = HWY_MIN(p.group, p.cols - g * p.group);
  const code_run run(HWY_MIN(n, part_codes<P>), P::block);
  const std::size_t row_bytes = p.row_bytes, stride = p.x_stride;
  const auto* const weights = static_cast<const std::uint8_t*>(p.weights) + g * p.group_bytes;
  const auto* const x = static_cast<const std::int8_t*>(p.x) + g * p.group + t * stride;
  for (std::size_t o = first; o < last; o += R * blocks, sums += R * T * blocks) {
    i32s totals[R * T * blocks];
    const std::uint8_t* w[R * blocks];
    for (std::size_t r = 0; r < R * blocks; ++r)
      w[r] = weights + HWY_MIN(o + r, last - 1) * row_bytes;
    HWY_UNROLL(1)
    for (std::size_t b = 0; b < blocks; ++b)
      sum_block<P, R, T>(w + b * R, x, stride, run, n, totals + b * R * T,
                         std::make_index_sequence<R * T>{});
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < R * T * blocks; i += 4)
      store_sums(totals[i], totals[i + 1], totals[i + 2], totals[i + 3], sums + i);
  }
}

/// The first scales of `count`, without reading past them.
static HWY_INLINE f32s scales_of(const float* scales, std::size_t count) {
  if (count >= floats_per_vector) return hn::LoadU(f32_tag{}, scales);
  HWY_ALIGN float some[floats_per_vector] = {};
  __builtin_memcpy(some, scales, count * sizeof(float));
  return hn::Load(f32_tag{}, some);
}

// One row at a time reads memory as one stream. Thirty-two registers hold the sums of two rows with
// four tokens, sixteen those of one row with four.
inline constexpr std::size_t rows_for_many = bytes_per_vector == 64 ? 2 : 1;

/// One token, one group of scales, scales side by side or one for all: y = sum * (scale * x_scale).
template <class P>
static void multiply_one(const product& p, std::size_t first, std::size_t last) noexcept {
  static_assert(P::step == 1 || P::step == 2);
  constexpr std::size_t at_once = simd_tiles::rows_at_once;
  HWY_ALIGN std::int32_t sums[at_once + 4];
  HWY_ALIGN float y[at_once];
  const i32s offset = hn::Set(i32_tag{}, P::offset * p.x_sums[0]);
  const f32s x_scale = hn::Set(f32_tag{}, p.x_scales[0]);
  for (std::size_t o = first; o < last; o += at_once) {
    const std::size_t rows = HWY_MIN(at_once, last - o);
    sum_rows<P, 1, 1>(p, o, o + rows, 0, 0, sums);
    for (std::size_t r = 0; r < rows; r += floats_per_vector) {
      const i32s sum = hn::Add(hn::ShiftLeft<P::step - 1>(hn::Load(i32_tag{}, sums + r)), offset);
      const f32s scale = p.scale_row == 0 ? hn::Set(f32_tag{}, p.scales[0])
                                          : scales_of(p.scales + o + r, rows - r);
      const f32s value = rounded_product(hn::ConvertTo(f32_tag{}, sum), hn::Mul(scale, x_scale));
      hn::Store(hn::Add(hn::Zero(f32_tag{}), value), f32_tag{}, y + r);
    }
    __builtin_memcpy(p.y + o, y, rows * sizeof(float));
  }
}

template <class P>
static void multiply_few(const product& p, std::size_t first, std::size_t last) noexcept {
  using rows = simd_tiles::rows_kernel;
  const simd_tiles::int8_sums kind{P::step, P::offset, ceil_div(p.cols, p.group)};
  if (p.tokens == 1 && kind.groups == 1 && p.scale_row <= 1) return multiply_one<P>(p, first, last);
  simd_tiles::multiply_rows(p, first, last, kind, rows{4, &sum_rows<P, rows_for_many, 4>},
                            rows{1, &sum_rows<P, 1, 1>});
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
