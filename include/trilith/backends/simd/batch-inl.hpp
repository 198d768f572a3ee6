// A fragment of kernels-inl.hpp: products of packed codes with a panel of many tokens' activations.
// Codes are unpacked once for all of a block's tokens:
//
//     weights    32 rows x up to 640 values, one byte each: raw[rows / 16][values / 64][16][64]
//     sums       32 rows x 192 tokens, int32:         sums[rows / 16][tokens / 16][16][16]
//
// so that both stay in the first cache while the panel streams by from the second.
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

/// A part's rows, as raw[row / 16][values / 64][row % 16][64].
template <class P>
static HWY_NOINLINE void unpack_part(const product& p, const batch_part& part,
                                     std::uint8_t* raw) noexcept {
  const auto* w = static_cast<const std::uint8_t*>(p.weights) + part.o * p.row_bytes +
                  part.g * p.group_bytes + part.k / P::fields;
  for (std::size_t r = 0; r < part.rows; ++r, w += p.row_bytes)
    unpack_row<P>(w, part.count,
                  raw + (r / tile_rows * raw_tiles * tile_rows + r % tile_rows) * panel_values);
}

/// What the tokens of one tile need in the end.
struct token_facts {
  HWY_ALIGN float scales[panel_tokens];
  HWY_ALIGN std::int32_t offsets[panel_tokens];  ///< offset * sum x
  int step_bits;                                 ///< step = 2^step_bits

  HWY_INLINE token_facts() {}
};
static HWY_INLINE void read_facts(const product& p, std::size_t t, std::size_t count, std::size_t g,
                                  std::size_t groups, int offset, token_facts& f) {
  for (std::size_t i = 0; i < panel_tokens; ++i) {
    f.scales[i] = i < count ? p.x_scales[t + i] : 0.0f;
    f.offsets[i] = i < count ? offset * p.x_sums[(t + i) * groups + g] : 0;
  }
}

/// float(step * sum + offset * sum x) * (scale * x_scale) for one row and the tokens from c on.
static HWY_INLINE f32s scaled(const std::int32_t* sums, f32s scale, const token_facts& f,
                              std::size_t c) {
  i32s sum = hn::Load(i32_tag{}, sums + c);
  sum = hn::ShiftLeftSame(sum, f.step_bits);
  sum = hn::Add(sum, hn::Load(i32_tag{}, f.offsets + c));
  const f32s both = hn::Mul(scale, hn::Load(f32_tag{}, f.scales + c));
  return hn::Mul(hn::ConvertTo(f32_tag{}, sum), both);
}

/// out[token][row] of one tile.
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
template <std::size_t... Row>
static HWY_INLINE void scale_tile(const product& p, std::size_t o, std::size_t rows, std::size_t g,
                                  const token_facts& f, const std::int32_t* sums, float* out,
                                  std::index_sequence<Row...>) {
  const float* const scales = p.scales + g * p.scale_group;
  __m512 v[16] = {scaled(sums + Row * panel_tokens,
                         hn::Set(f32_tag{}, scales[(o + HWY_MIN(Row, rows - 1)) * p.scale_row]), f,
                         0)
                      .raw...};
  transpose16(v);
  (_mm512_store_ps(out + Row * tile_rows, v[Row]), ...);
}
#else
template <std::size_t... Row>
static HWY_INLINE void scale_tile(const product& p, std::size_t o, std::size_t rows, std::size_t g,
                                  const token_facts& f, const std::int32_t* sums, float* out,
                                  std::index_sequence<Row...>) {
  HWY_ALIGN float by_row[sum_tile];
  for (std::size_t r = 0; r < tile_rows; ++r) {
    const f32s scale =
        hn::Set(f32_tag{}, p.scales[(o + HWY_MIN(r, rows - 1)) * p.scale_row + g * p.scale_group]);
    HWY_UNROLL(4)
    for (std::size_t c = 0; c < panel_tokens; c += floats_per_vector)
      hn::Store(scaled(sums + r * panel_tokens, scale, f, c), f32_tag{},
                by_row + r * panel_tokens + c);
  }
  transpose(by_row, panel_tokens, out, tile_rows);
}
#endif

/// Adds a tile's outputs to y, or sets it; each value is 0 + the first group + the second ...
static HWY_INLINE void store_row(const float* values, std::size_t count, bool set, float* y) {
  if (count == tile_rows) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < tile_rows; i += floats_per_vector) {
      const f32s before = set ? hn::Zero(f32_tag{}) : hn::LoadU(f32_tag{}, y + i);
      hn::StoreU(hn::Add(before, hn::Load(f32_tag{}, values + i)), f32_tag{}, y + i);
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) y[i] = (set ? 0.0f : y[i]) + values[i];
}

static HWY_NOINLINE void finish_tile(const product& p, std::size_t o, std::size_t rows,
                                     std::size_t t, std::size_t tokens, std::size_t g,
                                     const token_facts& f, const std::int32_t* sums) noexcept {
  HWY_ALIGN float by_token[sum_tile];
  scale_tile(p, o, rows, g, f, sums, by_token, std::make_index_sequence<tile_rows>{});
  for (std::size_t i = 0; i < tokens; ++i)
    store_row(by_token + i * tile_rows, rows, g == 0, p.y + (t + i) * p.y_stride + o);
}

/// Asks for memory a little at a time while tiles are multiplied, so that the lines have come when
/// they are needed and never many are on their way at once: the packed weights of the next block of
/// rows, and the outputs of this one.
struct lines_ahead {
  const std::uint8_t *weights, *weights_end;
  const float *outputs, *outputs_end;
  std::size_t output_stride, weights_a_step;

  HWY_INLINE lines_ahead() {}
  HWY_INLINE void step() {
    for (std::size_t i = 0; i < weights_a_step; ++i, weights += plane)
      if (weights < weights_end) __builtin_prefetch(weights, 0, 2);
    if (outputs < outputs_end) {
      __builtin_prefetch(outputs, 1);
      __builtin_prefetch(outputs + tile_rows, 1);
      outputs += output_stride;
    }
  }
};

/// Where a block of the product is, and its working memory.
struct batch_block {
  HWY_ALIGN std::uint8_t raw[block_rows * block_values];
  HWY_ALIGN std::int32_t sums[block_rows * block_tokens];
  std::size_t rows, first_token, tokens;
  lines_ahead ahead;

  HWY_INLINE batch_block() {}
  /// For the rows from o on; `steps` are 64 values of one or two tiles of tokens.
  HWY_INLINE void look_ahead(const product& p, std::size_t o, std::size_t steps) {
    const std::size_t next = HWY_MIN(o + block_rows, p.rows);
    const std::size_t end = HWY_MIN(next + block_rows, p.rows);
    const auto* const w = static_cast<const std::uint8_t*>(p.weights);
    ahead.weights = w + next * p.row_bytes;
    ahead.weights_end = w + end * p.row_bytes;
    ahead.weights_a_step = ((end - next) * p.row_bytes / plane + steps - 1) / steps;
    ahead.outputs = p.y + first_token * p.y_stride + o;
    ahead.outputs_end = ahead.outputs + tokens * p.y_stride;
    ahead.output_stride = p.y_stride;
  }
  [[nodiscard]] HWY_INLINE std::size_t row_tiles() const {
    return (rows + tile_rows - 1) / tile_rows;
  }
  [[nodiscard]] HWY_INLINE std::size_t token_tiles() const {
    return (tokens + panel_tokens - 1) / panel_tokens;
  }
};

/// The outputs of the rows from o on, once all of group g has been added.
static HWY_INLINE void finish_block(const product& p, std::size_t o, std::size_t g,
                                    std::size_t groups, int offset, int step_bits,
                                    const batch_block& b) {
  token_facts facts;
  facts.step_bits = step_bits;
  for (std::size_t c = 0; c < b.token_tiles(); ++c) {
    const std::size_t t = b.first_token + c * panel_tokens;
    const std::size_t tokens = HWY_MIN(panel_tokens, b.first_token + b.tokens - t);
    read_facts(p, t, tokens, g, groups, offset, facts);
    for (std::size_t r = 0; r < b.row_tiles(); ++r)
      finish_tile(p, o + r * tile_rows, HWY_MIN(tile_rows, b.rows - r * tile_rows), t, tokens, g,
                  facts, b.sums + (r * sum_tiles + c) * sum_tile);
  }
}

/// Goes through rows, groups and values in parts of at most `most` values.
struct part_walk {
  std::size_t cols, group, last, most;

  HWY_INLINE part_walk(const product& p, std::size_t end, std::size_t values)
      : cols(p.cols), group(p.group), last(end), most(values) {}
  [[nodiscard]] HWY_INLINE std::size_t values_of(std::size_t g) const {
    return HWY_MIN(group, cols - g * group);
  }
  [[nodiscard]] HWY_INLINE bool ends_group(const batch_part& at) const {
    return at.k + at.count == values_of(at.g);
  }
  [[nodiscard]] HWY_INLINE batch_part first(std::size_t o) const {
    return {o, HWY_MIN(block_rows, last - o), 0, 0, HWY_MIN(most, values_of(0))};
  }
  /// The part after this one; with no rows after the last.
  [[nodiscard]] HWY_INLINE batch_part after(batch_part at) const {
    at.k += at.count;
    if (at.k == values_of(at.g)) {
      at.k = 0;
      if (++at.g * group >= cols) {
        if (at.o + block_rows >= last) return {at.o, 0, 0, 0, 0};
        return first(at.o + block_rows);
      }
    }
    at.count = HWY_MIN(most, values_of(at.g) - at.k);
    return at;
  }
};

/// What of a product depends on its packing.
struct batch_packing {
  void (*unpack)(const product& p, const batch_part& part, std::uint8_t* raw) noexcept;
  std::size_t block;
  int raw_limit, offset, step_bits;
};

/// All rows for one block of tokens.
template <class Tiles>
static HWY_NOINLINE void multiply_tokens(const product& p, std::size_t first, std::size_t last,
                                         const batch_packing& how, batch_block& b) noexcept {
  const std::size_t groups = (p.cols + p.group - 1) / p.group;
  const std::size_t width = panel_width(p.cols, p.group);
  const std::size_t group_width = panel_width(p.group, p.group);
  const part_walk walk(p, last, HWY_MAX(Tiles::values / how.block, std::size_t{1}) * how.block);
  for (batch_part at = walk.first(first); at.rows != 0; at = walk.after(at)) {
    if (at.g == 0 && at.k == 0) {
      b.rows = at.rows;
      b.look_ahead(p, at.o, width / panel_values * ((b.token_tiles() + 1) / 2));
    }
    how.unpack(p, at, b.raw);
    const std::size_t steps = (at.count + panel_values - 1) / panel_values;
    const std::int8_t* const x =
        p.panel + b.first_token * width + (at.g * group_width + at.k) * panel_tokens;
    Tiles::add(b, x, width * panel_tokens, steps, at.k == 0, how.raw_limit);
    if (walk.ends_group(at)) finish_block(p, at.o, at.g, groups, how.offset, how.step_bits, b);
  }
}

template <class Tiles>
static HWY_NOINLINE void multiply_panel(const product& p, std::size_t first, std::size_t last,
                                        const batch_packing& how) noexcept {
  if (first >= last) return;
  batch_block b;
  [[maybe_unused]] const typename Tiles::session open;
  for (b.first_token = 0; b.first_token < p.tokens; b.first_token += block_tokens) {
    b.tokens = HWY_MIN(block_tokens, p.tokens - b.first_token);
    multiply_tokens<Tiles>(p, first, last, how, b);
  }
}

/// A product_fn. Tiles multiplies what is unpacked with what is in the panel.
template <class P, class Tiles>
static void multiply_batch(const product& p, std::size_t first, std::size_t last) noexcept {
  static_assert(HWY_MAX(Tiles::values / P::block, 1) * P::block <= block_values &&
                (P::step == 1 || P::step == 2));
  multiply_panel<Tiles>(
      p, first, last, {&unpack_part<P>, P::block, fields_of<P>::raw_limit, P::offset, P::step - 1});
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
