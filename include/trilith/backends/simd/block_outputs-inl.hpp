// A fragment of kernels-inl.hpp: from the sums of sixteen rows and sixteen tokens to outputs.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// What the outputs of a block's tokens need besides the sums.
struct token_facts {
  HWY_ALIGN float scales[block_tokens];
  HWY_ALIGN std::int32_t offsets[block_tokens];  ///< offset * sum x
  int step_bits;                                 ///< step = 2^step_bits
  std::size_t g;                                 ///< the group that offsets are of

  HWY_INLINE token_facts() {}
  HWY_INLINE void read(const product& p, std::size_t first, std::size_t count, std::size_t group,
                       std::size_t groups, int offset) {
    g = group;
    for (std::size_t i = 0; i < count; ++i) {
      scales[i] = p.x_scales[first + i];
      offsets[i] = offset * p.x_sums[(first + i) * groups + g];
    }
    // what follows is computed with, but never stored
    for (std::size_t i = count; i % panel_tokens != 0; ++i) scales[i] = 0, offsets[i] = 0;
  }
};

/// float(step * sum + offset * sum x) * (scale * x_scale) for one row and the tokens from c on.
static HWY_INLINE f32s scaled(const std::int32_t* sums, f32s scale, const token_facts& f,
                              std::size_t c) {
  i32s sum = hn::Load(i32_tag{}, sums);
  sum = hn::ShiftLeftSame(sum, f.step_bits);
  sum = hn::Add(sum, hn::Load(i32_tag{}, f.offsets + c));
  const f32s both = hn::Mul(scale, hn::Load(f32_tag{}, f.scales + c));
  return hn::Mul(hn::ConvertTo(f32_tag{}, sum), both);
}

/// Sixteen rows of outputs for sixteen tokens.
struct output_tile {
  std::size_t o, rows;    ///< rows [o, o + rows)
  std::size_t t, tokens;  ///< tokens [t, t + tokens) of the product
  std::size_t c;          ///< t within its block
};

/// Adds a token's outputs to y, or sets it; each value is 0 + the first group + the second ...
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
static HWY_INLINE void store_tile(const product& p, const output_tile& at, const float* by_token,
                                  bool set) {
  for (std::size_t i = 0; i < at.tokens; ++i)
    store_row(by_token + i * tile_rows, at.rows, set, p.y + (at.t + i) * p.y_stride + at.o);
}

/// The scale of a tile's row; rows past its end get that of the last.
static HWY_INLINE f32s scale_of(const product& p, const output_tile& at, std::size_t r,
                                std::size_t g) {
  return hn::Set(f32_tag{},
                 p.scales[(at.o + HWY_MIN(r, at.rows - 1)) * p.scale_row + g * p.scale_group]);
}

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
template <std::size_t... I>
static HWY_INLINE void finish_tile(const product& p, const output_tile& at, const token_facts& f,
                                   const std::int32_t* sums, std::index_sequence<I...>) {
  __m512 v[16] = {scaled(sums + I * panel_tokens, scale_of(p, at, I, f.g), f, at.c).raw...};
  transpose16(v);
  float* const y = p.y + at.t * p.y_stride + at.o;
  if (at.rows == tile_rows && at.tokens == panel_tokens && f.g == 0) {
    (_mm512_storeu_ps(y + I * p.y_stride, _mm512_add_ps(_mm512_setzero_ps(), v[I])), ...);
    return;
  }
  HWY_ALIGN float by_token[sum_tile];
  (_mm512_store_ps(by_token + I * tile_rows, v[I]), ...);
  store_tile(p, at, by_token, f.g == 0);
}
#else
template <std::size_t... I>
static HWY_INLINE void finish_tile(const product& p, const output_tile& at, const token_facts& f,
                                   const std::int32_t* sums, std::index_sequence<I...>) {
  HWY_ALIGN float by_row[sum_tile];
  HWY_ALIGN float by_token[sum_tile];
  for (std::size_t r = 0; r < tile_rows; ++r) {
    const f32s scale = scale_of(p, at, r, f.g);
    HWY_UNROLL(4)
    for (std::size_t c = 0; c < panel_tokens; c += floats_per_vector)
      hn::Store(scaled(sums + r * panel_tokens + c, scale, f, at.c + c), f32_tag{},
                by_row + r * panel_tokens + c);
  }
  transpose(by_row, panel_tokens, by_token, tile_rows);
  store_tile(p, at, by_token, f.g == 0);
}
#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
