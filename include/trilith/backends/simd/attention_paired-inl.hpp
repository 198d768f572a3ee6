// A fragment of kernels-inl.hpp: attention to the bits of kv/paired.hpp.
//
// Products of two bfloat16 are exact: hn::MulAdd gives the same bits with a fused instruction and
// without one.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Vectors of positions, or of elements, that R rows have in registers: two sums each.
template <std::size_t R>
inline constexpr std::size_t paired_vectors = (vectors_per_sum == 2 ? 1 : 2) * (R >= 4 ? 1 : 2);

/// The first and second of some pairs.
struct pair_of_floats {
  f32s even, odd;
  HWY_INLINE pair_of_floats() {}
  HWY_INLINE pair_of_floats(f32s first, f32s second) : even(first), odd(second) {}
};
/// Of the cache: a pair is 32 bits.
static HWY_INLINE pair_of_floats load_pairs(const bfloat16* from, std::size_t i, std::size_t) {
  const f32_tag f;
  const u32_tag u;
  const u32s both = hn::LoadU(u, reinterpret_cast<const std::uint32_t*>(from) + i);
  return {hn::BitCast(f, hn::ShiftLeft<16>(both)),
          hn::BitCast(f, hn::And(both, hn::Set(u, 0xFFFF0000u)))};
}
/// Widened: the second of `apart` pairs lie after the first.
static HWY_INLINE pair_of_floats load_pairs(const float* from, std::size_t i, std::size_t apart) {
  return {hn::LoadU(f32_tag{}, from + i), hn::LoadU(f32_tag{}, from + apart + i)};
}

/// `count` pairs as floats, `apart` at a time.
static HWY_NOINLINE void widen_pairs(const bfloat16* from, std::size_t apart, std::size_t count,
                                     float* to) {
  const f32_tag f;
  for (; count != 0; --count, from += 2 * apart, to += 2 * apart) {
    std::size_t i = 0;
    for (; i + floats_per_vector <= apart; i += floats_per_vector) {
      const pair_of_floats p = load_pairs(from, i, apart);
      hn::StoreU(p.even, f, to + i);
      hn::StoreU(p.odd, f, to + apart + i);
    }
    for (; i < apart; ++i) {
      to[i] = to_float(from[2 * i]);
      to[apart + i] = to_float(from[2 * i + 1]);
    }
  }
}

/// The two chains of R rows and V vectors.
template <std::size_t R, std::size_t V>
struct paired_chains {
  f32s even[R][V], odd[R][V];

  HWY_INLINE paired_chains() {}
  HWY_INLINE void clear() {
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < R; ++r) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < V; ++v) even[r][v] = odd[r][v] = hn::Zero(f32_tag{});
    }
  }
  /// One more pair: of row r at[r][i] and at[r][i + 1].
  HWY_INLINE void add(const float* const (&at)[R], std::size_t i, const pair_of_floats (&b)[V]) {
    const f32_tag f;
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < R; ++r) {
      const f32s first = hn::Set(f, at[r][i]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < V; ++v) even[r][v] = hn::MulAdd(first, b[v].even, even[r][v]);
    }
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < R; ++r) {
      const f32s second = hn::Set(f, at[r][i + 1]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < V; ++v) odd[r][v] = hn::MulAdd(second, b[v].odd, odd[r][v]);
    }
  }
  /// The first of a pair that has no second.
  HWY_INLINE void add_first(const float* const (&at)[R], std::size_t i,
                            const pair_of_floats (&b)[V]) {
    const f32_tag f;
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t v = 0; v < V; ++v)
        even[r][v] = hn::MulAdd(hn::Set(f, at[r][i]), b[v].even, even[r][v]);
  }
};

/// done(r, v, sum) for the sums over `count` products of each row and vector: load(i, b) brings
/// those of pair i / 2.
template <std::size_t R, std::size_t V, class Load, class Done>
static HWY_INLINE void paired_sums(const float* const (&at)[R], std::size_t count, const Load& load,
                                   const Done& done) {
  const f32_tag f;
  f32s total[R][V];
  paired_chains<R, V> chains;
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v) total[r][v] = hn::Zero(f);
  }
  for (std::size_t i = 0; i < count;) {
    const std::size_t end = min_of(count, i + paired_terms::step);
    pair_of_floats b[V];
    chains.clear();
    for (; i + 1 < end; i += 2) {
      load(i, b);
      chains.add(at, i, b);
    }
    if (i < end) {
      load(i, b);
      chains.add_first(at, i++, b);
    }
    HWY_UNROLL(6)
    for (std::size_t r = 0; r < R; ++r) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < V; ++v)
        total[r][v] = hn::Add(total[r][v], hn::Add(chains.even[r][v], chains.odd[r][v]));
    }
  }
  HWY_UNROLL(6)
  for (std::size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v) done(r, v, total[r][v]);
  }
}

/// The scores of V vectors of positions from j on.
template <std::size_t R, std::size_t V, class B, class Ahead>
static HWY_INLINE void score_pairs(const query_rows<R>& rows, const B* keys, std::size_t n,
                                   std::size_t j, float* scores, Ahead& ahead) {
  const f32s scale = hn::Set(f32_tag{}, 1.0f / square_root(static_cast<float>(n)));
  const std::size_t width = round_up(n, 2);
  const auto load = [&](std::size_t i, pair_of_floats(&b)[V]) HWY_ATTR {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v) {
      const std::size_t at = j + v * floats_per_vector;
      b[v] = load_pairs(keys + (at / key_tile * width + i) * key_tile, at % key_tile, key_tile);
    }
    ahead.step();
  };
  paired_sums<R, V>(rows.q, n, load, [&](std::size_t r, std::size_t v, f32s sum) HWY_ATTR {
    hn::StoreU(rounded_product(sum, scale), f32_tag{},
               scores + r * attention_block + j + v * floats_per_vector);
  });
}

template <std::size_t R, class B, class Ahead>
static HWY_NOINLINE void score_pair_rows(const query_rows<R>& rows, const B* keys, std::size_t n,
                                         std::size_t count, float* scores, Ahead ahead) {
  constexpr std::size_t V = paired_vectors<R>, step = V * floats_per_vector;
  const std::size_t whole = round_up(count, key_tile);
  std::size_t j = 0;
  for (; j + step <= whole; j += step) score_pairs<R, V>(rows, keys, n, j, scores, ahead);
  for (; j < whole; j += floats_per_vector) score_pairs<R, 1>(rows, keys, n, j, scores, ahead);
}

/// mixed[r][i] = mixed[r][i] * shrink[r] + sum_j p[r][j] * values[j][i] over j in [0, count), for V
/// vectors of elements from i on.
template <std::size_t R, std::size_t V, class B, class Ahead>
static HWY_INLINE void mix_pairs(const B* values, std::size_t n, std::size_t count, std::size_t i,
                                 const float* const (&p)[R], const float* shrink, float* mixed,
                                 std::size_t width, Ahead& ahead) {
  const f32_tag f;
  const auto load = [&](std::size_t j, pair_of_floats(&b)[V]) HWY_ATTR {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < V; ++v)
      b[v] = load_pairs(values + j * n, i + v * floats_per_vector, n);
    ahead.step();
  };
  paired_sums<R, V>(p, count, load, [&](std::size_t r, std::size_t v, f32s sum) HWY_ATTR {
    float* const at = mixed + r * width + i + v * floats_per_vector;
    hn::StoreU(hn::Add(rounded_product(hn::LoadU(f, at), hn::Set(f, shrink[r])), sum), f, at);
  });
}

/// All elements. The last vector may read, and mix, what lies behind a value: nobody looks at it.
template <std::size_t R, class B, class Ahead>
static HWY_NOINLINE void mix_pair_rows(const B* values, std::size_t n, std::size_t count,
                                       const float* p, const float* shrink, float* mixed,
                                       std::size_t width, Ahead ahead) {
  constexpr std::size_t V = paired_vectors<R>, step = V * floats_per_vector;
  const float* row[R];
  for (std::size_t r = 0; r < R; ++r) row[r] = p + r * attention_block;
  std::size_t i = 0;
  for (; i + step <= width; i += step)
    mix_pairs<R, V>(values, n, count, i, row, shrink, mixed, width, ahead);
  for (; i < width; i += floats_per_vector)
    mix_pairs<R, 1>(values, n, count, i, row, shrink, mixed, width, ahead);
}

/// to_float(to_bfloat16(x)) for finite x, and for NaN whose lower half is 0.
static HWY_INLINE f32s rounded_to_bf16(f32s x) {
  const u32_tag u;
  const u32s bits = hn::BitCast(u, x);
  const u32s odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(u, 1));
  const u32s rounded = hn::Add(hn::Add(bits, hn::Set(u, 0x7FFFu)), odd);
  return hn::BitCast(f32_tag{}, hn::And(rounded, hn::Set(u, 0xFFFF0000u)));
}
/// to_float(kv::narrowed(x)).
static HWY_INLINE f32s narrowed_to_bf16(f32s x) {
  const f32_tag f;
  const f32s most = hn::Set(f, paired_terms::largest);
  const f32s some = rounded_to_bf16(hn::Min(hn::Max(x, hn::Neg(most)), most));
  return hn::IfThenElseZero(hn::Ge(hn::Abs(x), hn::Set(f, paired_terms::smallest)), some);
}
/// kv::paired::query.
static HWY_INLINE f32s paired_queries(f32s x) {
  const f32_tag f;
  const auto finite = hn::Lt(hn::Abs(x), hn::Set(f, __builtin_inff()));
  return hn::IfThenElse(finite, narrowed_to_bf16(x), hn::Set(f, __builtin_nanf("")));
}

/// Probabilities in bfloat16.
struct bf16_shares {
  static HWY_INLINE f32s of(f32s x) {
    return rounded_to_bf16(falling_exponentials<short_exponential_terms>(x));
  }
};

/// The paired order over bfloat16.
struct paired_order {
  using element = bfloat16;
  static constexpr bool first_is_wider = false;
  static HWY_INLINE std::size_t front(std::size_t) { return 0; }
  static HWY_INLINE std::size_t value_width(std::size_t n) { return n; }
  static HWY_INLINE std::size_t key_width(std::size_t n) { return round_up(n, 2); }
  using shares = bf16_shares;

  template <std::size_t R, class B, class Ahead>
  static HWY_INLINE void score(const query_rows<R>& rows, const B* keys, std::size_t n,
                               std::size_t count, float* scores, const Ahead& ahead) {
    score_pair_rows<R>(rows, keys, n, count, scores, ahead);
  }
  template <std::size_t R, class B, class Ahead>
  static HWY_INLINE void mix(const B* values, std::size_t n, std::size_t count, const float* p,
                             const float* shrink, float* mixed, std::size_t width,
                             const Ahead& ahead) {
    mix_pair_rows<R>(values, n, count, p, shrink, mixed, width, ahead);
  }

  static HWY_INLINE void widen_keys(const element* from, std::size_t n, std::size_t base,
                                    std::size_t positions, float* to) {
    widen_pairs(from + base * key_width(n), key_tile,
                ceil_div(positions, key_tile) * ceil_div(n, 2), to);
  }
  static HWY_INLINE void widen_values(const element* from, std::size_t n, std::size_t base,
                                      std::size_t positions, float* to) {
    widen_pairs(from + base * n, n, ceil_div(positions, 2), to);
  }
};

/// Rounds the queries of a job to where its outputs will be, and takes them from there.
static HWY_INLINE attention_job with_rounded_queries(const attention_job& a) {
  const f32_tag f;
  const std::size_t n = a.head_dim * a.heads, whole = n / floats_per_vector * floats_per_vector;
  for (std::size_t t = 0; t < a.tokens; ++t) {
    const float* const from = a.q + t * a.q_stride;
    float* const to = a.out + t * a.out_stride;
    for (std::size_t i = 0; i < whole; i += floats_per_vector)
      hn::StoreU(paired_queries(hn::LoadU(f, from + i)), f, to + i);
    for (std::size_t i = whole; i < n; ++i) to[i] = kv::paired::query(from[i]);
  }
  attention_job b = a;
  b.q = b.out;
  b.q_stride = b.out_stride;
  return b;
}

static HWY_NOINLINE void attend_paired(const attention_job& a) noexcept {
  const attention_job rounded = with_rounded_queries(a);
  running_attention<paired_order> work(rounded);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
