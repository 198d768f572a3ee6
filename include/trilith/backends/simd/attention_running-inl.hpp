// A fragment of kernels-inl.hpp: a softmax that runs along, to the bits of kv/running.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// exponential_with of kv/exponential.hpp.
template <class Terms = exponential_terms>
static HWY_INLINE f32s falling_exponentials(f32s x) {
  const f32_tag f;
  const u32_tag u;
  const f32s shift = hn::Set(f, Terms::shift);
  const f32s shifted = fused(x, hn::Set(f, Terms::log2_e), shift);
  const f32s r = fused(hn::Sub(shifted, shift), hn::Set(f, -Terms::ln_2), x);
  f32s y = hn::Set(f, Terms::factors[0]);
  HWY_UNROLL(4)
  for (std::size_t k = 1; k < sizeof(Terms::factors) / sizeof(float); ++k)
    y = fused(y, r, hn::Set(f, Terms::factors[k]));
  y = fused(fused(y, r, hn::Set(f, 1.0f)), r, hn::Set(f, 1.0f));
  const f32s power = hn::BitCast(f, hn::ShiftLeft<23>(hn::BitCast(u, shifted)));
  const f32s lowest = hn::Set(f, Terms::lowest);
  // the product is exact: whether it is fused with what follows makes no difference
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  const __mmask16 counts = _mm512_cmp_ps_mask(x.raw, lowest.raw, _CMP_NLT_UQ);
  return f32s{_mm512_maskz_mul_ps(counts, y.raw, power.raw)};
#else
  return hn::IfThenZeroElse(hn::Lt(x, lowest), hn::Mul(y, power));
#endif
}

/// The rows of a job, what is known of them after some blocks, and room for what is not yet.
struct running_rows {
  job_rows all;
  std::size_t width, held;
  float* block;          ///< [attention_block, width]
  float* mixed;          ///< [held, width]
  float* scores;         ///< [rows, attention_block]
  float* sums;           ///< [held, lanes]
  float* top;            ///< [held]
  float* shrink;         ///< [held]
  std::size_t base = 0;  ///< of the block

  /// @param rows  that are held, at least those of the job
  HWY_INLINE running_rows(const attention_job& a, std::size_t rows, std::size_t floats_of_scores)
      : all(a),
        width(all.width()),
        held(rows),
        block(a.scratch),
        mixed(block + attention_block * width + key_tile),
        scores(mixed + held * width),
        sums(scores + floats_of_scores),
        top(sums + held * lanes),
        shrink(top + held) {
    for (std::size_t i = 0; i < held * width; ++i) mixed[i] = 0.0f;
    for (std::size_t i = 0; i < held * lanes; ++i) sums[i] = 0.0f;
    for (std::size_t r = 0; r < held; ++r) top[r] = -__builtin_inff();
  }

  /// One past the last position of the job.
  [[nodiscard]] HWY_INLINE std::size_t end() const { return all.job.first + all.job.tokens; }
  /// Positions of the block that are stored.
  [[nodiscard]] HWY_INLINE std::size_t stored() const {
    return min_of(end() - base, attention_block);
  }
  /// Positions of the block that the last of some rows sees: the others see no more.
  [[nodiscard]] HWY_INLINE std::size_t seen(std::size_t row) const {
    return min_of(all.positions(row) - base, attention_block);
  }

  HWY_INLINE void finish() const {
    for (std::size_t r = 0; r < all.count(); ++r) finish(r);
  }

  /// Scores of `rows` rows, at most a vector of sums has lanes, become probabilities under the
  /// maximum so far, 0 where the row's token does not see. One copy serves all numbers of rows and
  /// formats of the cache.
  template <class Shares>
  TRILITH_ONE_COPY void soften(std::size_t row, std::size_t rows) const {
    const f32_tag f;
    HWY_ALIGN float fall[lanes] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      const float most = most_score(row + r);
      fall[r] = top[row + r] - most;
      top[row + r] = most;
    }
    for (std::size_t r = 0; r < rows; r += floats_per_vector)
      hn::StoreU(falling_exponentials(hn::LoadU(f, fall + r)), f, fall + r);
    for (std::size_t r = 0; r < rows; ++r) {
      shrink[row + r] = fall[r];
      exponentiate<Shares>(row + r, hn::Set(f, top[row + r]), hn::Set(f, fall[r]));
    }
  }

 private:
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

  template <class Shares>
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
        const f32s p = Shares::of(hn::Sub(hn::LoadU(f, here), most));
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
};

/// One block of 64 positions after the other, in an Order:
///
///     element                      of the cache
///     key_width(n), value_width(n) elements of a key and of a value
///     first_is_wider, front(n)     whether position 0 lies in front, and in how many elements
///     score<R>(...), mix<R>(...)   the products of R rows with keys and with values
///     shares::of(x)                probabilities of scores less the maximum
///     widen_keys, widen_values     a block as floats, worth it for more than most_queries rows
template <class Order>
struct running_attention : running_rows {
  using E = typename Order::element;
  const E* keys;
  const E* values;

  HWY_INLINE explicit running_attention(const attention_job& a)
      : running_rows(a, a.tokens * a.heads, a.tokens * a.heads * attention_block),
        keys(static_cast<const E*>(a.keys)),
        values(static_cast<const E*>(a.values)) {}

  HWY_INLINE void run() {
    for (; base < end(); base += attention_block)
      if (held > most_queries || (Order::first_is_wider && base == 0))
        add_widened();
      else
        add_block();
    finish();
  }

 private:
  HWY_INLINE void add_widened() {
    const std::size_t n = all.job.head_dim;
    const no_prefetcher none;
    Order::widen_keys(keys, n, base, stored(), block);
    for_all(scoring<float, no_prefetcher>(*this, block, none));
    Order::widen_values(values, n, base, stored(), block);
    for_all(mixing<float, no_prefetcher>(*this, block, none));
  }

  HWY_INLINE void add_block() {
    const std::size_t n = all.job.head_dim, key_width = Order::key_width(n);
    const std::size_t value_width = Order::value_width(n);
    const E* const value_block = values + Order::front(n) + base * value_width;
    const prefetcher<E> next_values(value_block, stored() * value_width);
    const prefetcher<E> next_keys(key_block() + attention_block * key_width,
                                  attention_block * key_width);
    for_all(scoring<E, prefetcher<E>>(*this, key_block(), next_values));
    for_all(mixing<E, prefetcher<E>>(*this, value_block, next_keys));
  }

  [[nodiscard]] HWY_INLINE const E* key_block() const {
    const std::size_t n = all.job.head_dim;
    return keys + Order::front(n) + base * Order::key_width(n);
  }

  /// The rows whose tokens see a part of the block.
  template <class Body>
  HWY_INLINE void for_all(const Body& body) const {
    const attention_job& a = all.job;
    for_rows(base > a.first ? (base - a.first) * a.heads : 0, held, most_queries, body);
  }

  template <class B, class Ahead>
  struct scoring {
    running_attention& of;
    const B* from;
    Ahead ahead;

    HWY_INLINE scoring(running_attention& a, const B* keys_at, const Ahead& next)
        : of(a), from(keys_at), ahead(next) {}

    template <std::size_t R>
    HWY_INLINE void rows(std::size_t row) const {
      float* const to = of.scores + row * attention_block;
      const std::size_t n = of.all.job.head_dim;
      Order::template score<R>(of.all.template queries<R>(row), from, n, of.seen(row + R - 1), to,
                               ahead);
      of.template soften<typename Order::shares>(row, R);
    }
  };

  template <class B, class Ahead>
  struct mixing {
    running_attention& of;
    const B* from;
    Ahead ahead;

    HWY_INLINE mixing(running_attention& a, const B* values_at, const Ahead& next)
        : of(a), from(values_at), ahead(next) {}

    template <std::size_t R>
    HWY_INLINE void rows(std::size_t row) const {
      Order::template mix<R>(from, of.all.job.head_dim, of.seen(row + R - 1),
                             of.scores + row * attention_block, of.shrink + row,
                             of.mixed + row * of.width, of.width, ahead);
    }
  };
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
