// A fragment of kernels-inl.hpp: attention to the bits of kv/blocked.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// falling_exponential of kv/exponential.hpp.
static HWY_INLINE f32s falling_exponentials(f32s x) {
  using terms = exponential_terms;
  const f32_tag f;
  const u32_tag u;
  const f32s shift = hn::Set(f, terms::shift);
  const f32s shifted = fused(x, hn::Set(f, terms::log2_e), shift);
  const f32s r = fused(hn::Sub(shifted, shift), hn::Set(f, -terms::ln_2), x);
  f32s y = hn::Set(f, terms::factors[0]);
  HWY_UNROLL(4)
  for (int k = 1; k < 5; ++k) y = fused(y, r, hn::Set(f, terms::factors[k]));
  y = fused(fused(y, r, hn::Set(f, 1.0f)), r, hn::Set(f, 1.0f));
  const f32s power = hn::BitCast(f, hn::ShiftLeft<23>(hn::BitCast(u, shifted)));
  const f32s lowest = hn::Set(f, terms::lowest);
  // the product is exact: whether it is fused with what follows makes no difference
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  const __mmask16 counts = _mm512_cmp_ps_mask(x.raw, lowest.raw, _CMP_NLT_UQ);
  return f32s{_mm512_maskz_mul_ps(counts, y.raw, power.raw)};
#else
  return hn::IfThenZeroElse(hn::Lt(x, lowest), hn::Mul(y, power));
#endif
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

template <class E>
static HWY_NOINLINE void attend_blocked(const attention_job& a) noexcept {
  blocked_attention<E> work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
