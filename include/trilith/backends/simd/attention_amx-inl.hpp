// A fragment of kernels-inl.hpp: attention to the bits of kv/paired.hpp with AMX, whose tiles are
// 16 rows of queries or probabilities and 16 rows of pairs as they lie in the cache.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Groups of 32 rows meet 32 positions, or 32 elements, at a time: two tiles times two.
struct tile_attention : running_rows {
  static constexpr std::size_t side = 16, group = 2 * side, step = paired_terms::step;
  const bfloat16* keys;
  const bfloat16* values;
  std::size_t n;
  float scale;
  bfloat16* queries;  ///< [held, n]
  bfloat16* shares;   ///< [group, attention_block]
  bfloat16* last;     ///< [side, n, 2]: the last step of values, filled up with zeros

  HWY_INLINE explicit tile_attention(const attention_job& a)
      : running_rows(a, round_up(a.tokens * a.heads, group), floats_of_scores(a.head_dim)),
        keys(static_cast<const bfloat16*>(a.keys)),
        values(static_cast<const bfloat16*>(a.values)),
        n(a.head_dim),
        scale(1.0f / square_root(static_cast<float>(n))),
        queries(reinterpret_cast<bfloat16*>(block)),
        shares(reinterpret_cast<bfloat16*>(scores + group * attention_block)),
        last(shares + group * attention_block) {}

  /// Whether it can do the job, and is worth it: the scratch memory is that of floats.
  [[nodiscard]] static HWY_INLINE bool takes(const attention_job& a) {
    return a.head_dim % step == 0 && a.tokens * a.heads > 4 &&
           floats_of_scores(a.head_dim) <= attention_rows * attention_block;
  }

  HWY_INLINE void run() {
    round_queries();
    const tile_session open;
    const std::size_t count = all.count();
    for (; base < end(); base += attention_block) {
      if (stored() % step != 0) fill_last();
      for (std::size_t row = 0; row < count; row += group) {
        const std::size_t most = min_of(row + group, count) - 1;
        if (all.positions(most) <= base) continue;
        if (row + side < count)
          add<2>(row, seen(most));
        else
          add<1>(row, seen(most));
      }
    }
    finish();
  }

 private:
  static constexpr std::size_t floats_of_scores(std::size_t head_dim) {
    return group * attention_block * 3 / 2 + side * head_dim;
  }

  HWY_INLINE void round_queries() const {
    const std::size_t count = all.count();
    for (std::size_t row = 0; row < count; ++row) {
      const float* const q = all.queries<1>(row).q[0];
      for (std::size_t i = 0; i < n; i += lanes) {
        const f32s x = paired_queries(hn::LoadU(f32_tag{}, q + i));
        _mm256_storeu_si256(
            reinterpret_cast<__m256i*>(queries + row * n + i),
            _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(x.raw), 16)));
      }
    }
    __builtin_memset(static_cast<void*>(queries + count * n), 0,
                     (held - count) * n * sizeof(bfloat16));
  }

  /// What was never stored may be NaN, which even a probability of 0 would spread.
  HWY_INLINE void fill_last() const {
    const std::size_t count = stored() % step, whole = count / 2 * 2 * n;
    const bfloat16* const from = values + (base + stored() - count) * n;
    __builtin_memset(static_cast<void*>(last), 0, 2 * side * n * sizeof(bfloat16));
    __builtin_memcpy(static_cast<void*>(last), from, whole * sizeof(bfloat16));
    if (count % 2 != 0)
      for (std::size_t i = 0; i < n; ++i) last[whole + 2 * i] = from[whole + 2 * i];
  }
  [[nodiscard]] HWY_INLINE const bfloat16* values_of(std::size_t half) const {
    return stored() < (half + 1) * step ? last : values + (base + half * step) * n;
  }

  /// The block's part of T * 16 rows, which see at most its first `count` positions.
  template <std::size_t T>
  HWY_INLINE void add(std::size_t row, std::size_t count) const {
    const std::size_t halves = ceil_div(count, step);
    score<T>(row, ceil_div(count, side));
    for (std::size_t t = 0; t < T; ++t) soften(row, t * side, halves);
    mix<T>(row, halves);
  }

  /// to[T * 16, 32] = sum over steps of 32 of a[T * 16, 32] times the tiles at b(step) and
  /// `second` after it. Rows of a, b and `to` are so many bytes apart.
  template <std::size_t T, class Tiles>
  static HWY_INLINE void multiply(const bfloat16* a, std::size_t a_row, const Tiles& b,
                                  std::size_t second, std::size_t b_row, std::size_t steps,
                                  float* to, std::size_t to_row) {
    tile_zero<0>();
    tile_zero<1>();
    if constexpr (T == 2) {
      tile_zero<2>();
      tile_zero<3>();
    }
    const bfloat16* const a_second = a + side * a_row / sizeof(bfloat16);
    for (std::size_t s = 0; s < steps; ++s) {
      const bfloat16* const tile = b(s);
      tile_load<4>(a + s * step, a_row);
      tile_load<6>(tile, b_row);
      tile_load<7>(tile + second, b_row);
      tile_bf16_dots<0, 4, 6>();
      tile_bf16_dots<1, 4, 7>();
      if constexpr (T == 2) {
        tile_load<5>(a_second + s * step, a_row);
        tile_bf16_dots<2, 5, 6>();
        tile_bf16_dots<3, 5, 7>();
      }
    }
    tile_store<0>(to, to_row);
    tile_store<1>(to + side, to_row);
    if constexpr (T == 2) {
      float* const below = to + side * to_row / sizeof(float);
      tile_store<2>(below, to_row);
      tile_store<3>(below + side, to_row);
    }
  }

  /// Of the first `tiles` tiles of positions, not scaled yet. Where their number is odd the last
  /// one serves twice.
  template <std::size_t T>
  HWY_INLINE void score(std::size_t row, std::size_t tiles) const {
    for (std::size_t t = 0; t < tiles; t += 2) {
      const bfloat16* const from = keys + (base + t * side) * n;
      multiply<T>(
          queries + row * n, n * sizeof(bfloat16),
          [&](std::size_t s) HWY_ATTR { return from + s * step * side; },
          t + 1 < tiles ? side * n : 0, 64, n / step, scores + t * side,
          attention_block * sizeof(float));
    }
  }

  /// Scores of 16 rows from row + part on, in `halves` steps, become probabilities.
  HWY_INLINE void soften(std::size_t row, std::size_t part, std::size_t halves) const {
    const f32_tag f;
    float* const at = scores + part * attention_block;
    HWY_ALIGN float most[lanes];
    for (std::size_t r = 0; r < side; ++r)
      most[r] = scale_and_hide(at + r * attention_block, row + part + r, halves);
    const f32s now = hn::LoadU(f, most), fall = hn::Sub(hn::LoadU(f, top + row + part), now);
    hn::StoreU(falling_exponentials(fall), f, shrink + row + part);
    hn::StoreU(now, f, top + row + part);
    for (std::size_t r = 0; r < side; ++r)
      exponentiate(at + r * attention_block, row + part + r, halves,
                   shares + (part + r) * attention_block);
  }

  /// The largest score of a row so far; of those it does not see -inf is left.
  HWY_INLINE float scale_and_hide(float* at, std::size_t row, std::size_t halves) const {
    const f32_tag f;
    const std::size_t sees = all.positions(row), count = sees > base ? sees - base : 0;
    const f32s factor = hn::Set(f, scale);
    f32s most = hn::Set(f, top[row]);
    for (std::size_t j = 0; j < halves * step; j += lanes) {
      f32s s = rounded_product(hn::LoadU(f, at + j), factor);
      if (count < j + lanes)
        s = hn::IfThenElse(hn::FirstN(f, count > j ? count - j : 0), s,
                           hn::Set(f, -__builtin_inff()));
      hn::StoreU(s, f, at + j);
      most = hn::Max(s, most);
    }
    return hn::GetLane(hn::MaxOfLanes(f, most));
  }

  HWY_INLINE void exponentiate(const float* at, std::size_t row, std::size_t halves,
                               bfloat16* to) const {
    const f32_tag f;
    const f32s most = hn::Set(f, top[row]);
    f32s sum = rounded_product(hn::LoadU(f, sums + row * lanes), hn::Set(f, shrink[row]));
    for (std::size_t j = 0; j < halves * step; j += step) {
      const f32s low = share(hn::Sub(hn::LoadU(f, at + j), most));
      const f32s high = share(hn::Sub(hn::LoadU(f, at + j + lanes), most));
      __m512i both;
      __asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(both) : "v"(low.raw), "v"(high.raw));
      _mm512_storeu_si512(to + j, both);
      sum = hn::Add(hn::Add(sum, widened(_mm512_castsi512_si256(both))),
                    widened(_mm512_extracti64x4_epi64(both, 1)));
    }
    hn::StoreU(sum, f, sums + row * lanes);
  }
  static HWY_INLINE f32s share(f32s x) { return falling_exponentials<short_exponential_terms>(x); }
  static HWY_INLINE f32s widened(__m256i x) {
    return f32s{_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16))};
  }

  /// mixed = shrink * mixed + shares times values, 32 elements at a time. The next are multiplied
  /// while those are added.
  template <std::size_t T>
  HWY_INLINE void mix(std::size_t row, std::size_t halves) const {
    const bfloat16* const from[2] = {values_of(0), values_of(1)};
    const auto to = [&](std::size_t i) HWY_ATTR { return scores + i % (2 * step) * group; };
    for (std::size_t i = 0; i < n; i += step) {
      multiply<T>(
          shares, attention_block * sizeof(bfloat16),
          [&](std::size_t s) HWY_ATTR { return from[s] + 2 * i; }, 2 * side,
          2 * n * sizeof(bfloat16), halves, to(i), step * sizeof(float));
      if (i != 0) merge<T>(row, i - step, to(i - step));
    }
    merge<T>(row, n - step, to(n - step));
  }

  template <std::size_t T>
  HWY_INLINE void merge(std::size_t row, std::size_t i, const float* from) const {
    const f32_tag f;
    for (std::size_t r = 0; r < T * side; ++r, from += step) {
      const f32s down = hn::Set(f, shrink[row + r]);
      float* const at = mixed + (row + r) * width + i;
      HWY_UNROLL(2)
      for (std::size_t l = 0; l < step; l += lanes)
        hn::StoreU(hn::Add(rounded_product(hn::LoadU(f, at + l), down), hn::LoadU(f, from + l)), f,
                   at + l);
    }
  }
};

static HWY_NOINLINE void attend_tiles(const attention_job& a) noexcept {
  if (!tile_attention::takes(a)) return attend_paired(a);
  tile_attention work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
