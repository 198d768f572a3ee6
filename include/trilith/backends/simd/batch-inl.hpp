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

/// Values [begin, begin + count) of group g for the 16 rows from o on, as raw[steps][16][64]; rows
/// past `last` repeat its last one.
template <class P>
static HWY_NOINLINE void unpack_rows(const product& p, std::size_t o, std::size_t last,
                                     std::size_t g, std::size_t begin, std::size_t count,
                                     std::uint8_t* raw) noexcept {
  HWY_ALIGN std::uint8_t rest[P::block + plane];
  const std::size_t full = count / P::block * P::block;
  for (std::size_t r = 0; r < tile_rows; ++r, raw += panel_values) {
    const auto* w = static_cast<const std::uint8_t*>(p.weights) +
                    HWY_MIN(o + r, last - 1) * p.row_bytes + g * p.group_bytes + begin / P::fields;
    std::uint8_t* to = raw;
    for (std::size_t k = 0; k < full; k += P::block, w += plane, to += P::fields * raw_tile)
      unpack_block<P, as_raw>(w, raw_tile, to);
    if (full == count) continue;
    const std::size_t left = count - full;
    unpack_block<P, as_raw>(w, (left + P::fields - 1) / P::fields, rest);
    __builtin_memset(rest + left, 0, plane);
    for (std::size_t k = 0; k < left; k += panel_values, to += raw_tile)
      __builtin_memcpy(to, rest + k, panel_values);
  }
}

/// What the tokens of one tile need in the end.
struct token_facts {
  HWY_ALIGN float scales[panel_tokens];
  HWY_ALIGN std::int32_t offsets[panel_tokens];  ///< offset * sum x

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
template <class P>
static HWY_INLINE f32s scaled(const std::int32_t* sums, f32s scale, const token_facts& f,
                              std::size_t c) {
  static_assert(P::step == 1 || P::step == 2);
  i32s sum = hn::Load(i32_tag{}, sums + c);
  if (P::step == 2) sum = hn::Add(sum, sum);
  sum = hn::Add(sum, hn::Load(i32_tag{}, f.offsets + c));
  const f32s both = hn::Mul(scale, hn::Load(f32_tag{}, f.scales + c));
  return hn::Mul(hn::ConvertTo(f32_tag{}, sum), both);
}

/// out[token][row] of one tile.
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
template <class P, std::size_t... Row>
static HWY_INLINE void scale_tile(const product& p, std::size_t o, std::size_t rows, std::size_t g,
                                  const token_facts& f, const std::int32_t* sums, float* out,
                                  std::index_sequence<Row...>) {
  const float* const scales = p.scales + g * p.scale_group;
  __m512 v[16] = {scaled<P>(sums + Row * panel_tokens,
                            hn::Set(f32_tag{}, scales[(o + HWY_MIN(Row, rows - 1)) * p.scale_row]),
                            f, 0)
                      .raw...};
  transpose16(v);
  (_mm512_store_ps(out + Row * tile_rows, v[Row]), ...);
}
#else
template <class P, std::size_t... Row>
static HWY_INLINE void scale_tile(const product& p, std::size_t o, std::size_t rows, std::size_t g,
                                  const token_facts& f, const std::int32_t* sums, float* out,
                                  std::index_sequence<Row...>) {
  HWY_ALIGN float by_row[sum_tile];
  for (std::size_t r = 0; r < tile_rows; ++r) {
    const f32s scale =
        hn::Set(f32_tag{}, p.scales[(o + HWY_MIN(r, rows - 1)) * p.scale_row + g * p.scale_group]);
    HWY_UNROLL(4)
    for (std::size_t c = 0; c < panel_tokens; c += floats_per_vector)
      hn::Store(scaled<P>(sums + r * panel_tokens, scale, f, c), f32_tag{},
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

template <class P>
static HWY_NOINLINE void finish_tile(const product& p, std::size_t o, std::size_t rows,
                                     std::size_t t, std::size_t tokens, std::size_t g,
                                     const token_facts& f, const std::int32_t* sums) noexcept {
  HWY_ALIGN float by_token[sum_tile];
  scale_tile<P>(p, o, rows, g, f, sums, by_token, std::make_index_sequence<tile_rows>{});
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

template <class P>
static HWY_INLINE void finish_block(const product& p, std::size_t o, std::size_t g,
                                    std::size_t groups, const batch_block& b) {
  token_facts facts;
  for (std::size_t c = 0; c < b.token_tiles(); ++c) {
    const std::size_t t = b.first_token + c * panel_tokens;
    const std::size_t tokens = HWY_MIN(panel_tokens, b.first_token + b.tokens - t);
    read_facts(p, t, tokens, g, groups, P::offset, facts);
    for (std::size_t r = 0; r < b.row_tiles(); ++r)
      finish_tile<P>(p, o + r * tile_rows, HWY_MIN(tile_rows, b.rows - r * tile_rows), t, tokens, g,
                     facts, b.sums + (r * sum_tiles + c) * sum_tile);
  }
}

/// Rows [o, o + b.rows) of group g, whose activations begin at `values` of the panel's tokens.
template <class P, class Tiles>
static HWY_INLINE void multiply_group(const product& p, std::size_t o, std::size_t g,
                                      std::size_t values, std::size_t width, batch_block& b) {
  const std::size_t n = HWY_MIN(p.group, p.cols - g * p.group);
  constexpr std::size_t part = HWY_MAX(Tiles::values / P::block, 1) * P::block;
  static_assert(part <= block_values);
  for (std::size_t k = 0; k < n; k += part) {
    const std::size_t count = HWY_MIN(part, n - k);
    const std::size_t steps = (count + panel_values - 1) / panel_values;
    for (std::size_t r = 0; r < b.row_tiles(); ++r)
      unpack_rows<P>(p, o + r * tile_rows, o + b.rows, g, k, count,
                     b.raw + r * raw_tiles * raw_tile);
    const std::int8_t* x = p.panel + b.first_token * width + (values + k) * panel_tokens;
    Tiles::template add<P>(b, x, width * panel_tokens, steps, k == 0);
  }
}

/// A product_fn. Tiles multiplies what is unpacked with what is in the panel.
template <class P, class Tiles>
static void multiply_batch(const product& p, std::size_t first, std::size_t last) noexcept {
  batch_block b;
  const std::size_t groups = (p.cols + p.group - 1) / p.group;
  const std::size_t width = panel_width(p.cols, p.group);
  const std::size_t group_width = panel_width(p.group, p.group);
  [[maybe_unused]] const typename Tiles::session open;
  for (b.first_token = 0; b.first_token < p.tokens; b.first_token += block_tokens) {
    b.tokens = HWY_MIN(block_tokens, p.tokens - b.first_token);
    for (std::size_t o = first; o < last; o += block_rows) {
      b.rows = HWY_MIN(block_rows, last - o);
      b.look_ahead(p, o, width / panel_values * ((b.token_tiles() + 1) / 2));
      for (std::size_t g = 0; g < groups; ++g) {
        multiply_group<P, Tiles>(p, o, g, g * group_width, width, b);
        finish_block<P>(p, o, g, groups, b);
      }
    }
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
