// A fragment of kernels-inl.hpp: attention over the cache of keys and values, to the bits of
// kv/textbook.hpp and kv/blocked.hpp.
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

#if defined(__x86_64__) && HWY_TARGET > HWY_AVX2
/// p + c in double, rounded to odd: rounding it once more, to float, then rounds the exact sum.
static HWY_INLINE __m128d add_to_odd(__m128d p, __m128d c) {
  const __m128d sum = _mm_add_pd(p, c), back = _mm_sub_pd(sum, p);
  const __m128d lost = _mm_add_pd(_mm_sub_pd(p, _mm_sub_pd(sum, back)), _mm_sub_pd(c, back));
  const __m128d inexact =
      _mm_and_pd(_mm_cmpneq_pd(lost, _mm_setzero_pd()), _mm_cmpord_pd(lost, lost));
  const __m128i bits = _mm_castpd_si128(sum);
  const __m128i even =
      _mm_and_si128(_mm_andnot_si128(bits, _mm_set1_epi64x(1)), _mm_castpd_si128(inexact));
  const __m128i inward =
      _mm_cmpgt_epi64(_mm_setzero_si128(), _mm_castpd_si128(_mm_xor_pd(lost, sum)));
  const __m128i step = _mm_sub_epi64(_mm_xor_si128(even, inward), inward);
  return _mm_castsi128_pd(_mm_add_epi64(bits, step));
}

/// a * b + c, rounded once: the product of two floats is exact in double.
static HWY_INLINE f32s fused(f32s a, f32s b, f32s c) {
  const auto upper = [](__m128 x) HWY_ATTR { return _mm_cvtps_pd(_mm_movehl_ps(x, x)); };
  const __m128d low =
      add_to_odd(_mm_mul_pd(_mm_cvtps_pd(a.raw), _mm_cvtps_pd(b.raw)), _mm_cvtps_pd(c.raw));
  const __m128d high = add_to_odd(_mm_mul_pd(upper(a.raw), upper(b.raw)), upper(c.raw));
  return f32s{_mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high))};
}
#else
static HWY_INLINE f32s fused(f32s a, f32s b, f32s c) {
  return hn::MulAdd(a, b, c);
}
#endif

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
template <std::size_t R, std::size_t T, class Sums, class E, class Ahead>
static HWY_INLINE void score_tiles(const query_rows<R>& rows, const E* keys, std::size_t n,
                                   f32s divisor, float* scores, std::size_t stride, Ahead& ahead) {
  constexpr std::size_t vectors = T * vectors_per_sum;
  const f32_tag f;
  f32s sum[R][vectors];
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v) sum[r][v] = hn::Zero(f);
  }
  const float* q[R];
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) q[r] = rows.q[r];
  for (std::size_t i = 0; i < n; ++i) {
    f32s k[vectors];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v)
      k[v] = load_floats(keys + (v / vectors_per_sum * n + i) * key_tile +
                         v % vectors_per_sum * floats_per_vector);
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
template <std::size_t R, class Sums, class E, class Ahead>
static HWY_NOINLINE void score_rows(const query_rows<R>& rows, const E* keys, std::size_t n,
                                    std::size_t count, f32s divisor, float* scores,
                                    std::size_t stride, Ahead ahead) {
  std::size_t j = 0;
  const auto some = [&]<std::size_t T>(std::integral_constant<std::size_t, T>) HWY_ATTR {
    score_tiles<R, T, Sums>(rows, keys + j * n, n, divisor, scores + j, stride, ahead);
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
template <std::size_t R, std::size_t V, class Sums, class E, class Ahead>
static HWY_INLINE void mix_vectors(const E* values, std::size_t n, std::size_t count,
                                   const float* p, std::size_t p_stride, const float* shrink,
                                   float* mixed, std::size_t width, Ahead& ahead) {
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
    f32s value[V];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v)
      value[v] = load_floats(values + j * n + v * floats_per_vector);
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
template <std::size_t R, class Sums, class E, class Ahead>
static HWY_NOINLINE void mix_rows(const E* values, std::size_t n, std::size_t count, const float* p,
                                  std::size_t p_stride, const float* shrink, float* mixed,
                                  std::size_t width, Ahead ahead) {
  constexpr std::size_t step = most_vectors * floats_per_vector;
  std::size_t i = 0;
  for (; i + step <= width; i += step)
    mix_vectors<R, most_vectors, Sums>(values + i, n, count, p, p_stride, shrink, mixed + i, width,
                                       ahead);
  for (; i < width; i += floats_per_vector)
    mix_vectors<R, 1, Sums>(values + i, n, count, p, p_stride, shrink, mixed + i, width, ahead);
}

/// Calls body.template rows<R>(first) for rows [first, first + R) until `end`.
template <class Body>
static HWY_INLINE void for_rows(std::size_t first, std::size_t end, std::size_t most,
                                const Body& body) {
  if constexpr (most_queries >= 6)
    for (; most >= 6 && first + 6 <= end; first += 6) body.template rows<6>(first);
  if constexpr (most_queries >= 4)
    for (; most >= 4 && first + 4 <= end; first += 4) body.template rows<4>(first);
  for (; most >= 2 && first + 2 <= end; first += 2) body.template rows<2>(first);
  for (; first < end; ++first) body.template rows<1>(first);
}

/// The (token, head) pairs of a job, one after another. (Numbers of rows are small, and short
/// divisions fast.)
struct job_rows {
  const attention_job& job;
  std::uint32_t heads;

  HWY_INLINE explicit job_rows(const attention_job& a)
      : job(a), heads(static_cast<std::uint32_t>(a.heads)) {}
  [[nodiscard]] HWY_INLINE std::size_t count() const { return job.tokens * job.heads; }
  [[nodiscard]] HWY_INLINE std::size_t width() const { return round_up(job.head_dim, lanes); }
  [[nodiscard]] HWY_INLINE std::size_t positions(std::size_t row) const {
    return job.first + static_cast<std::uint32_t>(row) / heads + 1;
  }
  template <std::size_t R>
  [[nodiscard]] HWY_INLINE query_rows<R> queries(std::size_t row) const {
    query_rows<R> all;
    for (std::size_t r = 0; r < R; ++r) all.q[r] = job.q + offset(row + r, job.q_stride);
    return all;
  }
  [[nodiscard]] HWY_INLINE float* output(std::size_t row) const {
    return job.out + offset(row, job.out_stride);
  }
  HWY_INLINE void write(std::size_t row, const float* values) const {
    __builtin_memcpy(output(row), values, job.head_dim * sizeof(float));
  }

 private:
  [[nodiscard]] HWY_INLINE std::size_t offset(std::size_t row, std::size_t stride) const {
    const auto r = static_cast<std::uint32_t>(row);
    return r / heads * stride + r % heads * job.head_dim;
  }
};

/// add_lanes of core/numeric.hpp.
static HWY_INLINE float added_lanes(const float* sum) {
  const hn::CappedTag<float, 4> d;
  const auto low = hn::Add(hn::LoadU(d, sum), hn::LoadU(d, sum + 8));
  const auto high = hn::Add(hn::LoadU(d, sum + 4), hn::LoadU(d, sum + 12));
  const auto four = hn::Add(low, high);
  const auto two = hn::Add(four, hn::Shuffle1032(four));
  return hn::GetLane(hn::Add(two, hn::Shuffle2301(two)));
}

/// falling_exponential of kv/exponential.hpp.
static HWY_INLINE f32s falling_exponentials(f32s x) {
  using terms = exponential_terms;
  const f32_tag f;
  const u32_tag u;
  const f32s shift = hn::Set(f, terms::shift);
  const f32s shifted = fused(x, hn::Set(f, terms::log2_e), shift);
  const f32s n = hn::Sub(shifted, shift);
  const f32s r = fused(n, hn::Set(f, -terms::ln_2_rest), fused(n, hn::Set(f, -terms::ln_2), x));
  f32s y = hn::Set(f, terms::factors[0]);
  HWY_UNROLL(4)
  for (int k = 1; k < 5; ++k) y = fused(y, r, hn::Set(f, terms::factors[k]));
  y = fused(fused(y, r, hn::Set(f, 1.0f)), r, hn::Set(f, 1.0f));
  const u32s power = hn::Add(hn::ShiftLeft<23>(hn::BitCast(u, shifted)), hn::Set(u, 0x3F800000u));
  const f32s value = rounded_product(y, hn::BitCast(f, power));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(f, terms::lowest)), value);
}

/// Widens n values; up to a vector more is read and written.
static HWY_NOINLINE void widen(const float16* from, std::size_t n, float* to) {
  for (std::size_t i = 0; i < n; i += floats_per_vector)
    hn::StoreU(load_floats(from + i), f32_tag{}, to + i);
}

/// The blocked order: one block of 64 positions after the other.
template <class E>
struct blocked_attention {
  job_rows all;
  const E* keys;
  const E* values;
  std::size_t width, rows_count;
  bool widens;           ///< so many queries that the block is better converted once
  float* block;          ///< [attention_block, width]
  float* mixed;          ///< [rows, width]
  float* scores;         ///< [rows, attention_block]
  float* sums;           ///< [rows, lanes]
  float* top;            ///< [rows]
  float* shrink;         ///< [rows]
  std::size_t base = 0;  ///< of the block

  HWY_INLINE explicit blocked_attention(const attention_job& a)
      : all(a),
        keys(static_cast<const E*>(a.keys)),
        values(static_cast<const E*>(a.values)),
        width(all.width()),
        rows_count(all.count()),
        widens(rows_count > most_queries),
        block(a.scratch),
        mixed(block + attention_block * width + key_tile),
        scores(mixed + rows_count * width),
        sums(scores + rows_count * attention_block),
        top(sums + rows_count * lanes),
        shrink(top + rows_count) {}

  HWY_INLINE void run() {
    const attention_job& a = all.job;
    for (std::size_t i = 0; i < rows_count * width; ++i) mixed[i] = 0.0f;
    for (std::size_t i = 0; i < rows_count * lanes; ++i) sums[i] = 0.0f;
    for (std::size_t r = 0; r < rows_count; ++r) top[r] = -__builtin_inff();
    for (; base < a.first + a.tokens; base += attention_block) add_block();
    for (std::size_t r = 0; r < rows_count; ++r) finish(r);
  }

 private:
  HWY_INLINE void add_block() {
    const attention_job& a = all.job;
    const std::size_t n = a.head_dim;
    const std::size_t count = min_of(a.first + a.tokens - base, attention_block);
    const std::size_t first_row = base > a.first ? (base - a.first) * a.heads : 0;
    const auto for_all = [&](const auto& body)
                             HWY_ATTR { for_rows(first_row, rows_count, most_queries, body); };
    if (widens) {
      const no_prefetcher none;
      widen(keys + base * n, round_up(count, key_tile) * n, block);
      for_all(scoring<float, no_prefetcher>(*this, block, none));
      widen(values + base * n, count * n, block);
      for_all(mixing<float, no_prefetcher>(*this, block, none));
    } else {
      const prefetcher<E> next_values(values + base * n, count * n);
      const prefetcher<E> next_keys(keys + (base + attention_block) * n, attention_block * n);
      for_all(scoring<E, prefetcher<E>>(*this, keys + base * n, next_values));
      for_all(mixing<E, prefetcher<E>>(*this, values + base * n, next_keys));
    }
  }

  /// Positions of this block that the last of some rows sees: the others see no more.
  [[nodiscard]] HWY_INLINE std::size_t seen(std::size_t row) const {
    return min_of(all.positions(row) - base, attention_block);
  }

  template <class B, class Ahead>
  struct scoring {
    blocked_attention& of;
    const B* from;
    Ahead ahead;

    HWY_INLINE scoring(blocked_attention& a, const B* keys_at, const Ahead& next)
        : of(a), from(keys_at), ahead(next) {}

    template <std::size_t R>
    HWY_INLINE void rows(std::size_t row) const {
      float* const to = of.scores + row * attention_block;
      const std::size_t n = of.all.job.head_dim;
      const f32s scale = hn::Set(f32_tag{}, 1.0f / square_root(static_cast<float>(n)));
      score_rows<R, fused_sums>(of.all.template queries<R>(row), from, n, of.seen(row + R - 1),
                                scale, to, attention_block, ahead);
      of.template soften<R>(row);
    }
  };

  template <class B, class Ahead>
  struct mixing {
    blocked_attention& of;
    const B* from;
    Ahead ahead;

    HWY_INLINE mixing(blocked_attention& a, const B* values_at, const Ahead& next)
        : of(a), from(values_at), ahead(next) {}

    template <std::size_t R>
    HWY_INLINE void rows(std::size_t row) const {
      mix_rows<R, fused_sums>(from, of.all.job.head_dim, of.seen(row + R - 1),
                              of.scores + row * attention_block, attention_block, of.shrink + row,
                              of.mixed + row * of.width, of.width, ahead);
    }
  };

  /// Scores become probabilities under the maximum so far, 0 where the row's token does not see.
  template <std::size_t R>
  HWY_INLINE void soften(std::size_t row) const {
    const f32_tag f;
    HWY_ALIGN float fall[lanes] = {};
    for (std::size_t r = 0; r < R; ++r) {
      const float most = most_score(row + r);
      fall[r] = top[row + r] - most;
      top[row + r] = most;
    }
    for (std::size_t r = 0; r < R; r += floats_per_vector)
      hn::StoreU(falling_exponentials(hn::LoadU(f, fall + r)), f, fall + r);
    for (std::size_t r = 0; r < R; ++r) {
      shrink[row + r] = fall[r];
      exponentiate(row + r, hn::Set(f, top[row + r]), hn::Set(f, fall[r]));
    }
  }

  HWY_INLINE float most_score(std::size_t row) const {
    const f32_tag f;
    float* const at = scores + row * attention_block;
    const std::size_t count = seen(row);
    if (count < attention_block) hide(at, count);
    f32s most = hn::Set(f, top[row]);
    HWY_UNROLL(4)
    for (std::size_t j = 0; j < attention_block; j += floats_per_vector)
      most = hn::Max(hn::LoadU(f, at + j), most);
    return hn::GetLane(hn::MaxOfLanes(f, most));
  }

  HWY_INLINE void exponentiate(std::size_t row, f32s most, f32s down) const {
    const f32_tag f;
    float* const at = scores + row * attention_block;
    f32s sum[vectors_per_sum];
    HWY_UNROLL(4)
    for (std::size_t l = 0; l < vectors_per_sum; ++l)
      sum[l] = rounded_product(hn::LoadU(f, sums + row * lanes + l * floats_per_vector), down);
    HWY_UNROLL(4)
    for (std::size_t j = 0; j < attention_block; j += lanes) {
      HWY_UNROLL(4)
      for (std::size_t l = 0; l < vectors_per_sum; ++l) {
        float* const here = at + j + l * floats_per_vector;
        const f32s p = falling_exponentials(hn::Sub(hn::LoadU(f, here), most));
        hn::StoreU(p, f, here);
        sum[l] = hn::Add(sum[l], p);
      }
    }
    HWY_UNROLL(4)
    for (std::size_t l = 0; l < vectors_per_sum; ++l)
      hn::StoreU(sum[l], f, sums + row * lanes + l * floats_per_vector);
  }

  static HWY_INLINE void hide(float* at, std::size_t count) {
    const f32_tag f;
    std::size_t j = count / floats_per_vector * floats_per_vector;
    const f32s none = hn::Set(f, -__builtin_inff());
    hn::StoreU(hn::IfThenElse(hn::FirstN(f, count - j), hn::LoadU(f, at + j), none), f, at + j);
    while ((j += floats_per_vector) < attention_block) hn::StoreU(none, f, at + j);
  }

  /// mixed * (1 / sum), and no negative zero.
  HWY_INLINE void finish(std::size_t row) const {
    const f32_tag f;
    const f32s share = hn::Set(f, 1.0f / added_lanes(sums + row * lanes));
    float* const at = mixed + row * width;
    float* const to = all.job.head_dim == width ? all.output(row) : at;
    for (std::size_t i = 0; i < width; i += floats_per_vector)
      hn::StoreU(hn::Add(rounded_product(hn::LoadU(f, at + i), share), hn::Zero(f)), f, to + i);
    if (to == at) all.write(row, at);
  }
};

/// The textbook's order: all scores of a query first.
struct textbook_attention {
  job_rows all;
  std::size_t width, room;  ///< floats of a row of scores
  float* mixed;             ///< [R, width]
  float* scores;            ///< [R, room]

  HWY_INLINE explicit textbook_attention(const attention_job& a)
      : all(a),
        width(all.width()),
        room(round_up(a.first + a.tokens, key_tile)),
        mixed(a.scratch),
        scores(nullptr) {}

  HWY_INLINE void run() {
    const std::size_t fit = all.job.scratch_size / (width + room);
    const std::size_t most = min_of(max_of(fit, std::size_t{1}), most_queries);
    scores = mixed + most * width;
    for_rows(0, all.count(), most, *this);
  }

  template <std::size_t R>
  HWY_INLINE void rows(std::size_t row) const {
    const attention_job& a = all.job;
    const std::size_t n = a.head_dim, most = all.positions(row + R - 1);
    const f32s root = hn::Set(f32_tag{}, square_root(static_cast<float>(n)));
    const auto* keys = static_cast<const float*>(a.keys);
    score_rows<R, rounded_sums>(all.template queries<R>(row), keys, n, most, root, scores, room,
                                ahead(keys, most));
    soften<R>(row);
    mix<R>(row, static_cast<const float*>(a.values));
    for (std::size_t r = 0; r < R; ++r) all.write(row + r, mixed + r * width);
  }

 private:
  /// Where few queries read all keys once, memory is what takes the time.
  [[nodiscard]] HWY_INLINE prefetcher<float> ahead(const float* from, std::size_t positions) const {
    const std::size_t n = all.job.head_dim;
    const bool far = all.count() <= most_queries && positions > attention_block;
    return prefetcher<float>(from + attention_block * n,
                             far ? (positions - attention_block) * n : 0);
  }

  /// In blocks of positions, so that a block is read once for all elements.
  template <std::size_t R>
  HWY_INLINE void mix(std::size_t row, const float* values) const {
    const std::size_t n = all.job.head_dim, common = all.positions(row);
    float whole[R];
    for (std::size_t r = 0; r < R; ++r) whole[r] = 1.0f;
    for (std::size_t i = 0; i < R * width; ++i) mixed[i] = 0.0f;
    for (std::size_t j = 0; j < common; j += attention_block) {
      const std::size_t count = min_of(common - j, attention_block);
      mix_rows<R, rounded_sums>(values + j * n, n, count, scores + j, room, whole, mixed, width,
                                ahead(values + j * n, min_of(common - j, 2 * attention_block)));
    }
    for (std::size_t r = 1; r < R; ++r)
      if (const std::size_t more = all.positions(row + r) - common; more != 0)
        mix_rows<1, rounded_sums>(values + common * n, n, more, scores + r * room + common, room,
                                  whole, mixed + r * width, width, no_prefetcher());
  }

  template <std::size_t R>
  HWY_INLINE void soften(std::size_t row) const {
    for (std::size_t r = 0; r < R; ++r) raise(scores + r * room, all.positions(row + r));
    float total[R] = {};
    const std::size_t common = all.positions(row);
    for (std::size_t j = 0; j < common; ++j)
      for (std::size_t r = 0; r < R; ++r) total[r] += scores[r * room + j];
    for (std::size_t r = 0; r < R; ++r) {
      const std::size_t count = all.positions(row + r);
      for (std::size_t j = common; j < count; ++j) total[r] += scores[r * room + j];
      divide(scores + r * room, count, total[r]);
    }
  }

  /// scores_j = exp(scores_j - max)
  static HWY_NOINLINE void raise(float* at, std::size_t count) {
    const f32_tag f;
    const std::size_t whole = count / floats_per_vector * floats_per_vector;
    f32s most = hn::Set(f, at[0]);
    for (std::size_t j = 0; j < whole; j += floats_per_vector)
      most = hn::Max(hn::LoadU(f, at + j), most);
    float top = hn::GetLane(hn::MaxOfLanes(f, most));
    for (std::size_t j = whole; j < count; ++j) top = max_of(top, at[j]);
    for (std::size_t j = 0; j < count; j += floats_per_vector)
      hn::StoreU(exponential_of(hn::Sub(hn::LoadU(f, at + j), hn::Set(f, top))), f, at + j);
  }

  static HWY_INLINE void divide(float* at, std::size_t count, float total) {
    const f32_tag f;
    for (std::size_t j = 0; j < count; j += floats_per_vector)
      hn::StoreU(hn::Div(hn::LoadU(f, at + j), hn::Set(f, total)), f, at + j);
  }
};

template <class E>
static HWY_NOINLINE void attend_blocked(const attention_job& a) noexcept {
  blocked_attention<E> work(a);
  work.run();
}

static HWY_NOINLINE void attend_textbook(const attention_job& a) noexcept {
  textbook_attention work(a);
  work.run();
}

#if defined(__x86_64__) && HWY_TARGET > HWY_AVX2
static HWY_INLINE void narrow(const float* from, float16* to) {
  for (std::size_t i = 0; i < lanes; ++i)
    to[i] = from[i] == from[i] ? to_float16(clamp_to(from[i], -65504.0f, 65504.0f)) : float16{};
}
#else
/// kv::f16::store for 16 values.
static HWY_INLINE void narrow(const float* from, float16* to) {
  const f32_tag f;
  for (std::size_t i = 0; i < lanes; i += floats_per_vector) {
    f32s x = hn::LoadU(f, from + i);
    x = hn::IfThenElseZero(hn::Eq(x, x), x);
    x = hn::Min(hn::Max(x, hn::Set(f, -65504.0f)), hn::Set(f, 65504.0f));
#if defined(__aarch64__)
    vst1_u16(&to[i].bits, vreinterpret_u16_f16(vcvt_f16_f32(x.raw)));
#elif HWY_TARGET <= HWY_AVX3
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm512_cvtps_ph(x.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm256_cvtps_ph(x.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
  }
}
#endif
static HWY_INLINE void narrow(const float* from, float* to) {
  __builtin_memcpy(to, from, lanes * sizeof(float));
}

/// Sixteen elements of a key, one position of their tile, and of a value.
template <class E>
static HWY_INLINE void put_sixteen(const float* key, const float* value, std::size_t held, E* keys,
                                   E* values) {
  HWY_ALIGN E some[2 * lanes];
  narrow(key, some);
  for (std::size_t l = 0; l < held; ++l) keys[l * key_tile] = some[l];
  if (held == lanes) return narrow(value, values);
  narrow(value, some);
  for (std::size_t l = 0; l < held; ++l) values[l] = some[l];
}

/// elements::put of kv/elements.hpp.
template <class E>
static HWY_NOINLINE void put(const kv_entry& e) noexcept {
  const std::size_t n = e.head_dim;
  E* const keys =
      static_cast<E*>(e.keys) + e.position / key_tile * n * key_tile + e.position % key_tile;
  E* const values = static_cast<E*>(e.values) + e.position * n;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    put_sixteen(e.key + i, e.value + i, lanes, keys + i * key_tile, values + i);
  if (i == n) return;
  float key[lanes] = {}, value[lanes] = {};
  __builtin_memcpy(key, e.key + i, (n - i) * sizeof(float));
  __builtin_memcpy(value, e.value + i, (n - i) * sizeof(float));
  put_sixteen(key, value, n - i, keys + i * key_tile, values + i);
}

[[maybe_unused]] static constexpr attention_kernels attention_table{
    TRILITH_SIMD_NAME,
    {{&put<float>, &attend_textbook}, {&put<float16>, &attend_blocked<float16>}}};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
