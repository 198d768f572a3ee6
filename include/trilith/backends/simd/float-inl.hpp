// A fragment of kernels-inl.hpp: products of codes or plain weights with float activations, to the
// bits of dot_into in core/numeric.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

using lane_sums = simd_tiles::float_sums::sum;

/// sums[r * T + t].lane[i % lanes] += w[r][i] * x[t][i] over ascending i < n; like dot_into, n is a
/// multiple of `lanes` but at a row's end. Reads less than `lanes` elements past n.
template <std::size_t R, std::size_t T, class W>
struct float_tile {
  const W* w[R];
  const float* x[T];
  f32s sum[R][T][vectors_per_sum];

  HWY_INLINE float_tile() {}

  HWY_INLINE void add_elements(std::size_t n) {
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) add_sixteen<false>(i, lanes);
    if (i < n) add_sixteen<true>(i, n - i);
  }

  /// Elements [i, i + held); the lanes past them add +0, which changes no sum that began at +0.
  template <bool Masked>
  HWY_INLINE void add_sixteen(std::size_t i, std::size_t held) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors_per_sum; ++v) {
      const std::size_t at = v * floats_per_vector;
      if (Masked && at >= held) return;
      HWY_UNROLL(4)
      for (std::size_t r = 0; r < R; ++r) {
        const f32s weight = load_floats(w[r] + i + at);
        HWY_UNROLL(4)
        for (std::size_t t = 0; t < T; ++t) {
          f32s term = rounded_product(weight, hn::LoadU(f32_tag{}, x[t] + i + at));
          if constexpr (Masked) term = hn::IfThenElseZero(hn::FirstN(f32_tag{}, held - at), term);
          sum[r][t][v] = hn::Add(sum[r][t][v], term);
        }
      }
    }
  }

  HWY_INLINE void load(const lane_sums* sums) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < R * T * vectors_per_sum; ++i)
      at(i) = hn::LoadU(f32_tag{}, sums[i / vectors_per_sum].lane + lane(i));
  }
  HWY_INLINE void store(lane_sums* sums) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < R * T * vectors_per_sum; ++i)
      hn::StoreU(at(i), f32_tag{}, sums[i / vectors_per_sum].lane + lane(i));
  }

 private:
  HWY_INLINE f32s& at(std::size_t i) {
    return sum[i / vectors_per_sum / T][i / vectors_per_sum % T][i % vectors_per_sum];
  }
  static constexpr std::size_t lane(std::size_t i) {
    return i % vectors_per_sum * floats_per_vector;
  }
};

template <class W, std::size_t R, std::size_t T>
static HWY_NOINLINE void add_dots(const W* const* w, const float* const* x, std::size_t n,
                                  lane_sums* sums) noexcept {
  float_tile<R, T, W> tile;
  for (std::size_t r = 0; r < R; ++r) tile.w[r] = w[r];
  for (std::size_t t = 0; t < T; ++t) tile.x[t] = x[t];
  tile.load(sums);
  tile.add_elements(n);
  tile.store(sums);
}

/// A tile::dot_fn for plain weights.
template <class W, std::size_t R, std::size_t T>
static void dot_plain(const std::uint8_t* const* w, const float* const* x, std::size_t n,
                      lane_sums* sums) noexcept {
  const W* rows[R];
  for (std::size_t r = 0; r < R; ++r) rows[r] = reinterpret_cast<const W*>(w[r]);
  for (std::size_t i = 0; i < R * T; ++i) sums[i] = {};
  add_dots<W, R, T>(rows, x, n, sums);
}

/// A tile::dot_fn for packed codes.
template <class P, std::size_t R, std::size_t T>
static void dot_codes(const std::uint8_t* const* w, const float* const* x, std::size_t n,
                      lane_sums* sums) noexcept {
  HWY_ALIGN std::int8_t codes[R][P::block + plane];
  const std::int8_t* rows[R];
  const float* tokens[T];
  for (std::size_t r = 0; r < R; ++r) rows[r] = codes[r];
  for (std::size_t i = 0; i < R * T; ++i) sums[i] = {};
  for (std::size_t first = 0; first < n; first += P::block) {
    const std::size_t count = HWY_MIN(n - first, P::block);
    const std::size_t width = (count + P::fields - 1) / P::fields;
    for (std::size_t r = 0; r < R; ++r)
      unpack_block<P, as_code>(w[r] + first / P::fields, width,
                               reinterpret_cast<std::uint8_t*>(codes[r]));
    for (std::size_t t = 0; t < T; ++t) tokens[t] = x[t] + first;
    add_dots<std::int8_t, R, T>(rows, tokens, count, sums);
  }
}

// As many rows or tokens as keep the sums in eight registers.
inline constexpr std::size_t float_rows = floats_per_vector >= 8 ? 4 : 2;

/// W is a packing or the element type of plain weights.
template <class W>
static void multiply_float(const product& p, std::size_t first, std::size_t last) noexcept {
  using tile = simd_tiles::tile<simd_tiles::float_sums>;
  constexpr std::size_t n = float_rows;
  if constexpr (packing::Packing<W>)
    simd_tiles::multiply(p, first, last, simd_tiles::float_sums{}, tile{n, 1, &dot_codes<W, n, 1>},
                         tile{1, n, &dot_codes<W, 1, n>});
  else
    simd_tiles::multiply(p, first, last, simd_tiles::float_sums{}, tile{n, 1, &dot_plain<W, n, 1>},
                         tile{1, n, &dot_plain<W, 1, n>});
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
