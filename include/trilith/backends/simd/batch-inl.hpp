// A fragment of kernels-inl.hpp: products of packed codes with a panel of many tokens' activations.
// Codes are unpacked once for all of a block's tokens:
//
//     weights    32 rows x up to 640 values, one byte each: raw[rows / 16][values / 64][16][64]
//     sums       32 rows x 192 tokens, int32:         sums[rows / 16][tokens / 16][16][16]
//
// so that both stay in the first cache while the panel streams by from the second.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The sums of a block of the product, and what its outputs need besides.
struct block_sums {
  HWY_ALIGN std::int32_t sums[block_rows * block_tokens];
  token_facts facts;
  std::size_t rows, first_token, tokens;
  lines_ahead ahead;

  HWY_INLINE block_sums() {}
  /// For the tokens [first, first + count).
  HWY_INLINE void begin(std::size_t first, std::size_t count, int step_bits) {
    first_token = first;
    tokens = count;
    facts.step_bits = step_bits;
    facts.g = ~std::size_t{0};
  }
  HWY_INLINE void facts_of(const product& p, std::size_t g, std::size_t groups, int offset) {
    if (facts.g != g) facts.read(p, first_token, tokens, g, groups, offset);
  }
  /// For the rows from at.o on, each unpacked in `parts`; `steps` are 64 values of one or two tiles
  /// of tokens. With few tokens unpacking takes half of the time, so it asks for its share.
  HWY_INLINE void start(const product& p, const batch_part& at, std::size_t steps,
                        std::size_t parts) {
    rows = at.rows;
    const std::size_t next = HWY_MIN(at.o + block_rows, p.rows);
    const std::size_t end = HWY_MIN(next + block_rows, p.rows);
    const auto* const w = static_cast<const std::uint8_t*>(p.weights);
    ahead.weights = w + next * p.row_bytes;
    ahead.weights_end = w + end * p.row_bytes;
    const std::size_t lines = (end - next) * p.row_bytes / plane;
    ahead.weights_a_row = token_tiles() <= 2 ? 1 : 0;
    const std::size_t by_rows = HWY_MIN(lines, ahead.weights_a_row * rows * parts);
    ahead.weights_a_step = ceil_div(lines - by_rows, steps);
    ahead.outputs = p.y + first_token * p.y_stride + at.o;
    ahead.outputs_end = ahead.outputs + tokens * p.y_stride;
    ahead.output_stride = p.y_stride;
  }
  [[nodiscard]] HWY_INLINE std::size_t row_tiles() const { return ceil_div(rows, tile_rows); }
  [[nodiscard]] HWY_INLINE std::size_t token_tiles() const {
    return ceil_div(tokens, panel_tokens);
  }
};

/// The same with the working memory of products of many tokens.
struct batch_block : block_sums {
  HWY_ALIGN std::uint8_t raw[block_rows * block_values];

  HWY_INLINE batch_block() {}
};

/// The outputs of tiles of tokens, when all of a group has been added to their sums.
struct finish {
  const product& p;
  const block_sums& b;
  std::size_t o;  ///< the block's first row
  bool due;       ///< the group ends here

  HWY_INLINE void operator()(std::size_t tile, std::size_t count) const {
    if (due)
      for (std::size_t c = tile; c < tile + count; ++c) one(c);
  }

 private:
  HWY_NOINLINE void one(std::size_t tile) const noexcept {
    const std::size_t c = tile * panel_tokens;
    for (std::size_t r = 0; r < b.rows; r += tile_rows) {
      const output_tile at{o + r, HWY_MIN(tile_rows, b.rows - r), b.first_token + c,
                           HWY_MIN(panel_tokens, b.tokens - c), c};
      finish_tile(p, at, b.facts, b.sums + (r / tile_rows * sum_tiles + tile) * sum_tile,
                  std::make_index_sequence<tile_rows>{});
    }
  }
};

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
  void (*unpack)(const product& p, const batch_part& part, lines_ahead& ahead,
                 std::uint8_t* raw) noexcept;
  std::size_t block;
  int raw_limit, offset, step_bits;
};

/// All rows for one block of tokens.
template <class Tiles>
static HWY_NOINLINE void multiply_tokens(const product& p, std::size_t first, std::size_t last,
                                         const batch_packing& how, batch_block& b) noexcept {
  const std::size_t groups = ceil_div(p.cols, p.group);
  const std::size_t width = panel_width(p.cols, p.group);
  const std::size_t group_width = panel_width(p.group, p.group);
  const part_walk walk(p, last, HWY_MAX(Tiles::values / how.block, std::size_t{1}) * how.block);
  for (batch_part at = walk.first(first); at.rows != 0; at = walk.after(at)) {
    if (at.g == 0 && at.k == 0)
      b.start(p, at, width / panel_values * (ceil_div(b.token_tiles(), std::size_t{2})),
              ceil_div(p.cols, walk.most));
    how.unpack(p, at, b.ahead, b.raw);
    const std::size_t steps = ceil_div(at.count, panel_values);
    const std::int8_t* const x =
        p.panel + b.first_token * width + (at.g * group_width + at.k) * panel_tokens;
    b.facts_of(p, at.g, groups, how.offset);
    Tiles::add(b, x, width * panel_tokens, steps, at.k == 0, how.raw_limit,
               finish{p, b, at.o, walk.ends_group(at)});
  }
}

template <class Tiles>
static HWY_NOINLINE void multiply_panel(const product& p, std::size_t first, std::size_t last,
                                        const batch_packing& how) noexcept {
  if (first >= last) return;
  batch_block b;
  [[maybe_unused]] const typename Tiles::session open;
  for (std::size_t t = 0; t < p.tokens; t += block_tokens) {
    b.begin(t, HWY_MIN(block_tokens, p.tokens - t), how.step_bits);
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
