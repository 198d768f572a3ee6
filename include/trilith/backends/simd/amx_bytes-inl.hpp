// A fragment of kernels-inl.hpp: products of int8 codes with up to sixteen tokens with AMX. The
// tiles are the weights themselves, and the processor sees by itself which lines come next.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The sums of a group: tiles of 16 rows of codes, 64 bytes of each, as they lie in memory.
static HWY_INLINE void add_codes(const product& p, const batch_part& at, const std::int8_t* x,
                                 std::int32_t* sums) {
  const auto* w =
      static_cast<const std::uint8_t*>(p.weights) + at.o * p.row_bytes + at.g * p.group_bytes;
  const std::uint8_t* const second = w + tile_rows * p.row_bytes;
  tile_zero<0>();
  tile_zero<1>();
  for (std::size_t k = 0; k < at.count; k += panel_values, x += raw_tile) {
    tile_load<4>(w + k, p.row_bytes);
    tile_load<6>(x);
    tile_load<5>(second + k, p.row_bytes);
    tile_signed_dots<0, 4, 6>();
    tile_signed_dots<1, 5, 6>();
  }
  tile_store<0>(sums);
  tile_store<1>(sums + sum_tiles * sum_tile);
}

/// A product_fn for int8 codes and at most 16 tokens, whole tiles of rows and columns.
static HWY_NOINLINE void multiply_codes(const product& p, std::size_t first,
                                        std::size_t last) noexcept {
  block_sums b;
  b.begin(0, p.tokens, 0);
  const amx_tiles::session open;
  const std::size_t groups = ceil_div(p.cols, p.group);
  const part_walk walk(p, last, p.group);
  for (batch_part at = walk.first(first); at.rows != 0; at = walk.after(at)) {
    b.rows = at.rows;
    add_codes(p, at, p.panel + at.g * p.group * panel_tokens, b.sums);
    b.facts_of(p, at.g, groups, 0);
    finish{p, b, at.o, true}(0, 1);
  }
}

/// A product_fn for int8 codes.
static void multiply_bytes(const product& p, std::size_t first, std::size_t last) noexcept {
  const bool whole_columns = p.group % panel_values == 0 && p.cols % panel_values == 0;
  if (p.tokens > panel_tokens || !whole_columns || first >= last)
    return multiply_batch<packing::bits8, amx_tiles>(p, first, last);
  const std::size_t whole = first + (last - first) / block_rows * block_rows;
  if (first < whole) multiply_codes(p, first, whole);
  multiply_batch<packing::bits8, amx_tiles>(p, whole, last);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
