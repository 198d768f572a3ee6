// A fragment of kernels-inl.hpp: what is computed on single rows of floats, to the bits of
// scalar_rows.hpp. Rows are taken sixteen values at a time; the end of a row is taken from, and
// goes back through, sixteen values filled up with zeros.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// A row's last `held` < lanes values, and zeros.
struct row_end {
  HWY_ALIGN float values[lanes];

  HWY_INLINE row_end(const float* x, std::size_t held) {
    const f32_tag d;
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < lanes; i += floats_per_vector)
      hn::Store(hn::Zero(d), d, values + i);
    for (std::size_t i = 0; i < held; ++i) values[i] = x[i];
  }
  HWY_INLINE void put(float* y, std::size_t held) const {
    for (std::size_t i = 0; i < held; ++i) y[i] = values[i];
  }
};

/// A rounded product that the compiler cannot fuse with an addition (rounded_product in
/// floats-inl.hpp), in vectors of any width.
template <class V>
static HWY_INLINE V unfused_product(V a, V b) {
  V product = hn::Mul(a, b);
#if defined(__aarch64__)
  __asm__("" : "+w"(product.raw));
#elif HWY_TARGET <= HWY_AVX3
  __asm__("" : "+v"(product.raw));
#else
  __asm__("" : "+x"(product.raw));
#endif
  return product;
}

/// The lanes of a float sum, added up in the order of core/numeric.hpp. At most eight to a vector:
/// adding sixteen takes longer on the CPUs that can, and every addition waits for the one before.
struct row_sum {
  using tag = hn::CappedTag<float, 8>;
  static constexpr std::size_t width = floats_per_vector < 8 ? floats_per_vector : 8;
  hn::Vec<tag> part[lanes / width];

  HWY_INLINE row_sum() {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < lanes / width; ++v) part[v] = hn::Zero(tag{});
  }
  HWY_INLINE void add_sixteen_squares(const float* x) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < lanes / width; ++v) {
      const auto value = hn::LoadU(tag{}, x + v * width);
      part[v] = hn::Add(part[v], unfused_product(value, value));
    }
  }
  /// The squares of lanes [at, at + floats_per_vector).
  HWY_INLINE void add_square([[maybe_unused]] std::size_t at, f32s x) {
    const f32s square = rounded_product(x, x);
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
    part[0] = hn::Add(part[0], hn::LowerHalf(tag{}, square));
    part[1] = hn::Add(part[1], hn::UpperHalf(tag{}, square));
#else
    part[at / width] = hn::Add(part[at / width], square);
#endif
  }
  HWY_INLINE float total() const {
    const hn::CappedTag<float, 4> d;
    HWY_ALIGN float all[lanes];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < lanes / width; ++v) hn::Store(part[v], tag{}, all + v * width);
    const auto low = hn::Add(hn::Load(d, all), hn::Load(d, all + 8));
    const auto high = hn::Add(hn::Load(d, all + 4), hn::Load(d, all + 12));
    const auto four = hn::Add(low, high);
    const auto two = hn::Add(four, hn::Shuffle1032(four));
    return hn::GetLane(hn::Add(two, hn::Shuffle2301(two)));
  }
};

static float row_sum_of_squares(const float* x, std::size_t n) noexcept {
  row_sum sum;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum.add_sixteen_squares(x + i);
  if (i < n) sum.add_sixteen_squares(row_end(x + i, n - i).values);
  return sum.total();
}

// x_i * factor * gain_i
template <bool HasGain>
static HWY_INLINE f32s scaled(const float* x, f32s factor, const float* gains) {
  const f32_tag d;
  const f32s value = hn::Mul(hn::LoadU(d, x), factor);
  if constexpr (HasGain) return hn::Mul(value, hn::LoadU(d, gains));
  return value;
}

template <bool HasGain>
static HWY_INLINE void scale_sixteen(const float* x, f32s factor, const float* gains, float* y) {
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < lanes; i += floats_per_vector)
    hn::StoreU(scaled<HasGain>(x + i, factor, gains + (HasGain ? i : 0)), f32_tag{}, y + i);
}

template <bool HasGain>
static HWY_INLINE void scale_all(const float* x, float by, const float* gains, float* y,
                                 std::size_t n) {
  const f32s factor = hn::Set(f32_tag{}, by);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    scale_sixteen<HasGain>(x + i, factor, gains + (HasGain ? i : 0), y + i);
  if (i == n) return;
  row_end end(x + i, n - i);
  const row_end gain(HasGain ? gains + i : x + i, n - i);
  scale_sixteen<HasGain>(end.values, factor, gain.values, end.values);
  end.put(y + i, n - i);
}

static void row_scale(const float* x, float factor, const float* gains, float* y,
                      std::size_t n) noexcept {
  if (gains != nullptr)
    scale_all<true>(x, factor, gains, y, n);
  else
    scale_all<false>(x, factor, gains, y, n);
}

/// The largest magnitude so far, as bits: those of NaN are above all others.
struct row_top {
  i32s part[vectors_per_sum];

  HWY_INLINE row_top() {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors_per_sum; ++v) part[v] = hn::Zero(i32_tag{});
  }
  HWY_INLINE void raise(const float* x) {
    const i32_tag d;
    const i32s magnitude = hn::Set(d, 0x7FFFFFFF);
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors_per_sum; ++v) {
      const f32s value = hn::LoadU(f32_tag{}, x + v * floats_per_vector);
      part[v] = hn::Max(part[v], hn::And(hn::BitCast(d, value), magnitude));
    }
  }
  HWY_INLINE float total() const {
    i32s most = part[0];
    HWY_UNROLL(4)
    for (std::size_t v = 1; v < vectors_per_sum; ++v) most = hn::Max(most, part[v]);
    const std::int32_t bits = hn::GetLane(hn::MaxOfLanes(i32_tag{}, most));
    float value = 0.0f;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
  }
};

// Sixteen values of magnitude at most 127.0001, or NaN, rounded to integers, ties to even; NaN to
// -128: the conversions of x86 make it the lowest integer, which the narrowing keeps lowest.
#if defined(__aarch64__)
static HWY_INLINE void store_sixteen(const f32s (&v)[vectors_per_sum], std::int8_t* q) {
  const float32x4_t lowest = vdupq_n_f32(-128.0f);
  int16x4_t few[4];
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < 4; ++i)
    few[i] = vqmovn_s32(vcvtnq_s32_f32(vmaxnmq_f32(v[i].raw, lowest)));
  vst1_s8(q, vqmovn_s16(vcombine_s16(few[0], few[1])));
  vst1_s8(q + 8, vqmovn_s16(vcombine_s16(few[2], few[3])));
}
#elif HWY_TARGET <= HWY_AVX3
static HWY_INLINE void store_sixteen(const f32s (&v)[vectors_per_sum], std::int8_t* q) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q),
                   _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v[0].raw)));
}
#elif HWY_TARGET <= HWY_AVX2
static HWY_INLINE __m128i eight_halves(f32s v) {
  const __m256i whole = _mm256_cvtps_epi32(v.raw);
  return _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
}
static HWY_INLINE void store_sixteen(const f32s (&v)[vectors_per_sum], std::int8_t* q) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q),
                   _mm_packs_epi16(eight_halves(v[0]), eight_halves(v[1])));
}
#else
static HWY_INLINE void store_sixteen(const f32s (&v)[vectors_per_sum], std::int8_t* q) {
  const __m128i low = _mm_packs_epi32(_mm_cvtps_epi32(v[0].raw), _mm_cvtps_epi32(v[1].raw));
  const __m128i high = _mm_packs_epi32(_mm_cvtps_epi32(v[2].raw), _mm_cvtps_epi32(v[3].raw));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm_packs_epi16(low, high));
}
#endif

static HWY_INLINE void quantize_sixteen(const float* x, f32s multiplier, std::int8_t* q) {
  f32s v[vectors_per_sum];
  HWY_UNROLL(4)
  for (std::size_t k = 0; k < vectors_per_sum; ++k)
    v[k] = hn::Mul(multiplier, hn::LoadU(f32_tag{}, x + k * floats_per_vector));
  store_sixteen(v, q);
}

/// x in int8, its largest magnitude known; returns the scale.
static HWY_INLINE float quantize_below(float top, const float* x, std::int8_t* q, std::size_t n) {
  const float magnitude = max_of(top, 1e-5f);
  const f32s multiplier = hn::Set(f32_tag{}, 127.0f / magnitude);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) quantize_sixteen(x + i, multiplier, q + i);
  if (i < n) {
    std::int8_t codes[lanes];
    quantize_sixteen(row_end(x + i, n - i).values, multiplier, codes);
    for (std::size_t k = i; k < n; ++k) q[k] = codes[k - i];
  }
  return magnitude / 127.0f;
}

static float row_quantize(const float* x, std::int8_t* q, std::size_t n) noexcept {
  row_top top;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) top.raise(x + i);
  if (i < n) top.raise(row_end(x + i, n - i).values);
  return quantize_below(top.total(), x, q, n);
}

template <bool HasGain>
static HWY_INLINE float scale_and_quantize(const float* x, float by, const float* gains, float* y,
                                           std::int8_t* q, std::size_t n) {
  const f32s factor = hn::Set(f32_tag{}, by);
  row_top top;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    scale_sixteen<HasGain>(x + i, factor, gains + (HasGain ? i : 0), y + i);
    top.raise(y + i);
  }
  if (i < n) {
    scale_all<HasGain>(x + i, by, gains + (HasGain ? i : 0), y + i, n - i);
    top.raise(row_end(y + i, n - i).values);
  }
  return quantize_below(top.total(), y, q, n);
}

static float row_scale_and_quantize(const float* x, float factor, const float* gains, float* y,
                                    std::int8_t* q, std::size_t n) noexcept {
  return gains != nullptr ? scale_and_quantize<true>(x, factor, gains, y, q, n)
                          : scale_and_quantize<false>(x, factor, gains, y, q, n);
}

/// The sum of bytes, by sums of eight of them moved up to be unsigned.
static HWY_INLINE std::int32_t sum_of_bytes(const std::int8_t* q, std::size_t n) {
  const u8_tag d;
  const hn::CappedTag<std::uint8_t, 16> few;
  const u8s up = hn::Set(d, 128);
  std::size_t i = 0;
  auto sum = hn::Zero(hn::ScalableTag<std::uint64_t>{});
  for (; i + bytes_per_vector <= n; i += bytes_per_vector) {
    const u8s bytes = hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(q + i));
    sum = hn::Add(sum, hn::SumsOf8(hn::Xor(bytes, up)));
  }
  auto rest = hn::Zero(hn::CappedTag<std::uint64_t, 2>{});
  for (; i + 16 <= n; i += 16) {
    const auto bytes = hn::LoadU(few, reinterpret_cast<const std::uint8_t*>(q + i));
    rest = hn::Add(rest, hn::SumsOf8(hn::Xor(bytes, hn::Set(few, 128))));
  }
  std::uint64_t total = hn::GetLane(hn::SumOfLanes(hn::CappedTag<std::uint64_t, 2>{}, rest));
  if (n >= bytes_per_vector)
    total += hn::GetLane(hn::SumOfLanes(hn::ScalableTag<std::uint64_t>{}, sum));
  auto out = static_cast<std::int64_t>(total) - static_cast<std::int64_t>(i) * 128;
  for (; i < n; ++i) out += q[i];
  return static_cast<std::int32_t>(out);
}

static void row_sum_groups(const std::int8_t* q, std::size_t n, std::size_t group,
                           std::int32_t* sums) noexcept {
  for (std::size_t first = 0; first < n; first += group)
    *sums++ = sum_of_bytes(q + first, HWY_MIN(group, n - first));
}

// The gates of layers/gates.hpp.
struct relu_squared_gate {
  /// x * max(x, 0): the square, or x * 0 for all others.
  static HWY_INLINE f32s of(f32s x) {
    return hn::Mul(x, hn::IfThenElseZero(hn::Gt(x, hn::Zero(f32_tag{})), x));
  }
};

using f64_tag = hn::ScalableTag<double>;
using f64s = hn::Vec<f64_tag>;

/// exponential() of core/numeric.hpp for x in [-104, 89], before it is rounded to float.
static HWY_INLINE f64s exponential_of(f64s x) {
  const f64_tag d;
  const hn::ScalableTag<std::uint64_t> u;
  // added to |n| < 2^51 it leaves n in the low bits of the sum
  const f64s shift = hn::Set(d, 0x1.8p52);
  const f64s shifted = hn::Add(unfused_product(x, hn::Set(d, 1.44269504088896340736)), shift);
  const f64s n = hn::Sub(shifted, shift);
  const f64s r = hn::Sub(x, unfused_product(n, hn::Set(d, 0.693147180559945309417)));
  static constexpr double inverse_factorials[] = {1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                                                  1.0 / 120,    1.0 / 24,    1.0 / 6,    1.0 / 2,
                                                  1.0,          1.0};
  f64s sum = hn::Set(d, 1.0 / 3628800);
  HWY_UNROLL(10)
  for (const double term : inverse_factorials)
    sum = hn::Add(unfused_product(sum, r), hn::Set(d, term));
  const auto exponent =
      hn::ShiftLeft<52>(hn::Add(hn::BitCast(u, shifted), hn::Set(u, std::uint64_t{1023})));
  return hn::Mul(sum, hn::BitCast(d, exponent));
}

static HWY_INLINE f32s exponential_of(f32s x) {
  const f32_tag d;
  const hn::Half<f32_tag> half;
  const f64_tag wide;
  const f32s clamped = hn::Max(hn::Min(x, hn::Set(d, 89.0f)), hn::Set(d, -104.0f));
  const f64s low = exponential_of(hn::PromoteTo(wide, hn::LowerHalf(half, clamped)));
  const f64s high = exponential_of(hn::PromoteTo(wide, hn::UpperHalf(half, clamped)));
  const f32s power = hn::Combine(d, hn::DemoteTo(half, high), hn::DemoteTo(half, low));
  return hn::IfThenElse(hn::Eq(x, x), power, x);
}

struct silu_gate {
  static HWY_INLINE f32s of(f32s x) {
    const f32s one = hn::Set(f32_tag{}, 1.0f);
    return hn::Mul(x, hn::Div(one, hn::Add(one, exponential_of(hn::Neg(x)))));
  }
};

template <class G>
static HWY_INLINE void gate_sixteen(float* gate, const float* up, row_sum& sum) {
  const f32_tag d;
  HWY_UNROLL(4)
  for (std::size_t v = 0; v < vectors_per_sum; ++v) {
    const std::size_t at = v * floats_per_vector;
    const f32s value = hn::Mul(G::of(hn::LoadU(d, gate + at)), hn::LoadU(d, up + at));
    hn::StoreU(value, d, gate + at);
    sum.add_square(at, value);
  }
}

template <class G>
static float row_gate(float* gate, const float* up, std::size_t n) noexcept {
  row_sum sum;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) gate_sixteen<G>(gate + i, up + i, sum);
  if (i < n) {
    row_end end(gate + i, n - i);
    gate_sixteen<G>(end.values, row_end(up + i, n - i).values, sum);
    end.put(gate + i, n - i);
  }
  return sum.total();
}

static void row_add(float* h, const float* y, std::size_t n) noexcept {
  const f32_tag d;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    HWY_UNROLL(4)
    for (std::size_t k = i; k < i + lanes; k += floats_per_vector)
      hn::StoreU(hn::Add(hn::LoadU(d, h + k), hn::LoadU(d, y + k)), d, h + k);
  }
  for (; i < n; ++i) h[i] += y[i];
}

/// One vector of pairs (a, b), turned.
struct turned_pairs {
  f32s a, b;

  HWY_INLINE turned_pairs(f32s x, f32s y, const float* cosines, const float* sines) {
    const f32s c = hn::LoadU(f32_tag{}, cosines), s = hn::LoadU(f32_tag{}, sines);
    a = hn::Sub(rounded_product(x, c), rounded_product(y, s));
    b = hn::Add(rounded_product(x, s), rounded_product(y, c));
  }
};

struct half_split_pairs {
  /// Pairs [i, i + floats_per_vector) of a head.
  static HWY_INLINE void turn(float* x, std::size_t pairs, std::size_t i, const float* c,
                              const float* s) {
    const f32_tag d;
    const turned_pairs turned(hn::LoadU(d, x + i), hn::LoadU(d, x + pairs + i), c + i, s + i);
    hn::StoreU(turned.a, d, x + i);
    hn::StoreU(turned.b, d, x + pairs + i);
  }
  static HWY_INLINE std::size_t first(std::size_t, std::size_t i) { return i; }
  static HWY_INLINE std::size_t second(std::size_t pairs, std::size_t i) { return pairs + i; }
};

struct interleaved_pairs {
  static HWY_INLINE void turn(float* x, std::size_t, std::size_t i, const float* c,
                              const float* s) {
    const f32_tag d;
    f32s a, b;
    hn::LoadInterleaved2(d, x + 2 * i, a, b);
    const turned_pairs turned(a, b, c + i, s + i);
    hn::StoreInterleaved2(turned.a, turned.b, d, x + 2 * i);
  }
  static HWY_INLINE std::size_t first(std::size_t, std::size_t i) { return 2 * i; }
  static HWY_INLINE std::size_t second(std::size_t, std::size_t i) { return 2 * i + 1; }
};

/// The `held` pairs from the i-th on that fill no vector.
template <class Pairs>
static HWY_INLINE void turn_rest(float* x, std::size_t pairs, std::size_t i, const float* c,
                                 const float* s) {
  const std::size_t held = pairs - i;
  row_end a(x, 0), b(x, 0);
  for (std::size_t k = 0; k < held; ++k) {
    a.values[k] = x[Pairs::first(pairs, i + k)];
    b.values[k] = x[Pairs::second(pairs, i + k)];
  }
  const f32_tag d;
  const turned_pairs turned(hn::Load(d, a.values), hn::Load(d, b.values),
                            row_end(c + i, held).values, row_end(s + i, held).values);
  hn::Store(turned.a, d, a.values);
  hn::Store(turned.b, d, b.values);
  for (std::size_t k = 0; k < held; ++k) {
    x[Pairs::first(pairs, i + k)] = a.values[k];
    x[Pairs::second(pairs, i + k)] = b.values[k];
  }
}

template <class Pairs>
static void row_turn(float* x, std::size_t heads, const float* c, const float* s,
                     std::size_t head_dim) noexcept {
  const std::size_t pairs = head_dim / 2;
  const std::size_t whole = pairs - pairs % floats_per_vector;
  for (std::size_t h = 0; h < heads; ++h, x += head_dim) {
    for (std::size_t i = 0; i < whole; i += floats_per_vector) Pairs::turn(x, pairs, i, c, s);
    if (whole < pairs) turn_rest<Pairs>(x, pairs, whole, c, s);
  }
}

[[maybe_unused]] static constexpr row_kernels rows_table{TRILITH_SIMD_NAME,
                                                         &row_sum_of_squares,
                                                         &row_scale,
                                                         &row_quantize,
                                                         &row_scale_and_quantize,
                                                         &row_sum_groups,
                                                         &row_gate<relu_squared_gate>,
                                                         &row_gate<silu_gate>,
                                                         &row_add,
                                                         &row_turn<half_split_pairs>,
                                                         &row_turn<interleaved_pairs>};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
