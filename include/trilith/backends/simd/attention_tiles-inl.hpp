// A fragment of kernels-inl.hpp: the products of attention in registers.
//
// Scores are computed for R queries and T tiles of 16 positions at once, one position a lane; mixed
// values for R queries and V vectors of a value's elements: enough sums to hide the latency of the
// additions, few enough for the registers.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

#if defined(__x86_64__) && HWY_TARGET > HWY_AVX2
inline constexpr std::size_t most_queries = 2;
#else
inline constexpr std::size_t most_queries = 6;
#endif
inline constexpr std::size_t most_tiles = vectors_per_sum == 1 ? 4 : 1;
inline constexpr std::size_t most_vectors = vectors_per_sum == 2 ? 2 : 4;

// What the two orders of attention do with a product, and with the root of head_dim.
struct fused_sums {
  static HWY_INLINE f32s add(f32s a, f32s b, f32s sum) { return fused(a, b, sum); }
  static HWY_INLINE f32s finish(f32s sum, f32s scale) { return rounded_product(sum, scale); }
};
struct rounded_sums {
  static HWY_INLINE f32s add(f32s a, f32s b, f32s sum) {
    return hn::Add(sum, rounded_product(a, b));
  }
  static HWY_INLINE f32s finish(f32s sum, f32s root) { return hn::Div(sum, root); }
};

/// Brings memory that is needed soon a little nearer with every step of a loop over elements E: as
/// much as a step reads.
template <class E>
struct prefetcher {
  const char* at;
  const char* end;

  HWY_INLINE prefetcher(const E* from, std::size_t count)
      : at(reinterpret_cast<const char*>(from)), end(reinterpret_cast<const char*>(from + count)) {}
  HWY_INLINE void step() {
    constexpr std::size_t bytes = most_tiles * key_tile * sizeof(E);
    if (at >= end) return;
    for (std::size_t b = 0; b < bytes; b += 64) __builtin_prefetch(at + b, 0, 2);
    at += bytes;
  }
};
/// For what is near already.
struct no_prefetcher {
  HWY_INLINE no_prefetcher() {}
  HWY_INLINE void step() {}
};

/// Queries of R rows.
template <std::size_t R>
struct query_rows {
  const float* q[R];
};

/// scores[r][j] of the T tiles at `keys`; rows of scores are `stride` floats apart.
template <std::size_t R, std::size_t T, class Sums, class Keys, class Ahead>
static HWY_INLINE void score_tiles(const query_rows<R>& rows, const Keys& keys, f32s divisor,
                                   float* scores, std::size_t stride, Ahead& ahead) {
  constexpr std::size_t vectors = T * vectors_per_sum;
  const f32_tag f;
  const auto& from = keys.template tiles<T>();
  f32s sum[R][vectors];
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v) sum[r][v] = hn::Zero(f);
  }
  const float* q[R];
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) q[r] = rows.q[r];
  for (std::size_t i = 0; i < keys.n; ++i) {
    f32s k[vectors];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v) k[v] = from.vector(v, i);
    ahead.step();
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < R; ++r) {
      const f32s value = hn::Set(f, q[r][i]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < vectors; ++v) sum[r][v] = Sums::add(value, k[v], sum[r][v]);
    }
  }
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v)
      hn::StoreU(Sums::finish(sum[r][v], divisor), f, scores + r * stride + v * floats_per_vector);
  }
}

/// All tiles of positions [0, count), from the tile at `keys` on.
template <std::size_t R, class Sums, class Keys, class Ahead>
static HWY_NOINLINE void score_rows(const query_rows<R>& rows, const Keys& keys, std::size_t count,
                                    f32s divisor, float* scores, std::size_t stride, Ahead ahead) {
  std::size_t j = 0;
  const auto some = [&]<std::size_t T>(std::integral_constant<std::size_t, T>) HWY_ATTR {
    score_tiles<R, T, Sums>(rows, keys.from(j), divisor, scores + j, stride, ahead);
    j += T * key_tile;
  };
  if constexpr (most_tiles == 4) {
    while (j + 3 * key_tile < count) some(std::integral_constant<std::size_t, 4>{});
    if (j + 2 * key_tile < count) return some(std::integral_constant<std::size_t, 3>{});
    if (j + key_tile < count) return some(std::integral_constant<std::size_t, 2>{});
  }
  while (j < count) some(std::integral_constant<std::size_t, 1>{});
}

/// mixed[r][i] = mixed[r][i] * shrink[r] + sum_j p[r][j] * values[j][i] over j in [0, count), for V
/// vectors of elements i. Rows of p are `p_stride` floats apart, those of mixed `width`.
template <std::size_t R, std::size_t V, class Sums, class Values, class Ahead>
static HWY_INLINE void mix_vectors(const Values& values, std::size_t count, const float* p,
                                   std::size_t p_stride, const float* shrink, float* mixed,
                                   std::size_t width, Ahead& ahead) {
  const f32_tag f;
  f32s sum[R][V];
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v)
      sum[r][v] = rounded_product(hn::LoadU(f, mixed + r * width + v * floats_per_vector),
                                  hn::Set(f, shrink[r]));
  }
  const float* row[R];
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) row[r] = p + r * p_stride;
  for (std::size_t j = 0; j < count; ++j) {
    const auto from = values.of(j);
    f32s value[V];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v) value[v] = from.vector(v);
    ahead.step();
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < R; ++r) {
      const f32s share = hn::Set(f, row[r][j]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < V; ++v) sum[r][v] = Sums::add(share, value[v], sum[r][v]);
    }
  }
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v)
      hn::StoreU(sum[r][v], f, mixed + r * width + v * floats_per_vector);
  }
}

/// All elements. The last vector may read, and mix, what lies behind a value: nobody looks at it.
template <std::size_t R, class Sums, class Values, class Ahead>
static HWY_NOINLINE void mix_rows(const Values& values, std::size_t count, const float* p,
                                  std::size_t p_stride, const float* shrink, float* mixed,
                                  std::size_t width, Ahead ahead) {
  constexpr std::size_t step = most_vectors * floats_per_vector;
  std::size_t i = 0;
  for (; i + step <= width; i += step)
    mix_vectors<R, most_vectors, Sums>(values.from(i), count, p, p_stride, shrink, mixed + i, width,
                                       ahead);
  for (; i < width; i += floats_per_vector)
    mix_vectors<R, 1, Sums>(values.from(i), count, p, p_stride, shrink, mixed + i, width, ahead);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
