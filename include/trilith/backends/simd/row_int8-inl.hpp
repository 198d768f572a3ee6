// A fragment of rows-inl.hpp: rows scaled, and quantised to the bits of activations/int8.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

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

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
