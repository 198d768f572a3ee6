// A fragment of amx-inl.hpp: products with up to sixteen tokens. Unpacking takes as long as the
// tiles do, so the two go on side by side: while sixteen rows of a block of codes are multiplied,
// the next sixteen are unpacked, a few with every 64 values,
//
//     raw[2][values / 64][16][64]
//
// and the block's activations stay in tiles. A block is what one load of packed bytes holds, so all
// of this fits into the first cache many times.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Sums of 32 rows in tiles 0 and 1, weights in tile 2, activations from tile 3 on.
template <class P>
struct alternating_block : block_sums {
  static constexpr std::size_t fields = P::fields, rows_a_step = ceil_div(tile_rows, fields);
  static constexpr bool activations_stay = 3 + fields <= 8;
  using steps_of_block = std::make_index_sequence<fields>;
  HWY_ALIGN std::uint8_t raw[2][fields * raw_tile];

  /// Sixteen rows of a part of at most P::block values, or what there is of them.
  struct unit {
    const std::uint8_t* w;
    std::size_t row_bytes, rows, count;

    HWY_INLINE unit(const product& p, const batch_part& part, std::size_t half)
        : w(static_cast<const std::uint8_t*>(p.weights) +
            (part.o + half * tile_rows) * p.row_bytes + part.g * p.group_bytes +
            part.k / P::fields),
          row_bytes(p.row_bytes),
          rows(part.rows > half * tile_rows ? HWY_MIN(part.rows - half * tile_rows, tile_rows) : 0),
          count(part.count) {}
    [[nodiscard]] HWY_INLINE bool whole() const { return rows == tile_rows && count == P::block; }
  };

  HWY_INLINE alternating_block() {}

  /// A unit that may have fewer rows, or fewer values.
  static HWY_NOINLINE void unpack(const unit& from, std::uint8_t* to) noexcept {
    for (std::size_t r = 0; r < from.rows; ++r)
      unpack_row<P>(from.w + r * from.row_bytes, from.count, to + r * panel_values);
  }

  /// Both units of a part, and unpacks the first of the next part.
  HWY_INLINE void add(const product& p, const batch_part& part, const batch_part& next,
                      const std::int8_t* x) {
    const std::size_t steps = ceil_div(part.count, panel_values);
    if constexpr (activations_stay) load_activations(x, steps, steps_of_block{});
    add_unit<0>(unit(p, part, 1), x, steps);
    add_unit<1>(unit(p, next, 0), x, steps);
  }
  /// The outputs of a group that ends with a part.
  HWY_INLINE void close(const product& p, const batch_part& part, std::size_t groups) {
    tile_store<0>(sums);
    tile_store<1>(sums + sum_tiles * sum_tile);
    tile_zero<0>();
    tile_zero<1>();
    facts_of(p, part.g, groups, P::offset);
    finish{p, *this, part.o, true}(0, 1);
  }

 private:
  template <std::size_t... S>
  static HWY_INLINE void load_activations(const std::int8_t* x, std::size_t steps,
                                          std::index_sequence<S...>) {
    ((S < steps ? tile_load<3 + int{S}>(x + S * raw_tile) : void()), ...);
  }

  /// Adds what lies in raw[Half], and unpacks the next unit into the other one.
  template <int Half>
  HWY_INLINE void add_unit(const unit& next, const std::int8_t* x, std::size_t steps) {
    if (steps == fields && next.whole()) return add_whole<Half>(next, x, steps_of_block{});
    add_some<Half>(x, steps, steps_of_block{});
    unpack(next, raw[1 - Half]);
  }
  template <int Half, std::size_t... S>
  HWY_INLINE void add_whole(const unit& next, const std::int8_t* x, std::index_sequence<S...>) {
    ((tile_load<2>(raw[Half] + S * raw_tile), unpack_some<S>(next, raw[1 - Half]), ahead.step(),
      multiply<Half, S>(x)),
     ...);
  }
  template <int Half, std::size_t... S>
  HWY_INLINE void add_some(const std::int8_t* x, std::size_t steps, std::index_sequence<S...>) {
    ((S < steps ? (tile_load<2>(raw[Half] + S * raw_tile), ahead.step(), multiply<Half, S>(x))
                : void()),
     ...);
  }
  template <std::size_t S>
  static HWY_INLINE void unpack_some(const unit& from, std::uint8_t* to) {
    HWY_UNROLL(8)
    for (std::size_t r = S * rows_a_step; r < HWY_MIN((S + 1) * rows_a_step, tile_rows); ++r)
      unpack_block<P, as_raw>(from.w + r * from.row_bytes, raw_tile, to + r * panel_values);
  }
  template <int Half, std::size_t S>
  static HWY_INLINE void multiply(const std::int8_t* x) {
    if constexpr (!activations_stay) tile_load<3>(x + S * raw_tile);
    tile_dots<Half, 2, activations_stay ? 3 + int{S} : 3>();
  }
};

/// A product_fn for at most 16 tokens.
template <class P>
static HWY_NOINLINE void multiply_alternating(const product& p, std::size_t first,
                                              std::size_t last) noexcept {
  using block = alternating_block<P>;
  block b;
  b.begin(0, p.tokens, P::step - 1);
  const std::size_t groups = ceil_div(p.cols, p.group);
  const std::size_t steps = panel_width(p.cols, p.group) / panel_values;
  const std::size_t group_width = panel_width(p.group, p.group);
  const part_walk walk(p, last, P::block);
  const amx_tiles::session open;
  tile_zero<0>();
  tile_zero<1>();
  batch_part at = walk.first(first);
  block::unpack({p, at, 0}, b.raw[0]);
  while (at.rows != 0) {
    if (at.g == 0 && at.k == 0) b.start(p, at, 2 * steps, 0);
    const batch_part next = walk.after(at);
    b.add(p, at, next, p.panel + (at.g * group_width + at.k) * panel_tokens);
    if (walk.ends_group(at)) b.close(p, at, groups);
    at = next;
  }
}

/// A product_fn for any number of tokens.
template <class P>
static void multiply_tiles(const product& p, std::size_t first, std::size_t last) noexcept {
  if (p.tokens > panel_tokens)
    multiply_batch<P, amx_tiles>(p, first, last);
  else if (first < last)
    multiply_alternating<P>(p, first, last);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
