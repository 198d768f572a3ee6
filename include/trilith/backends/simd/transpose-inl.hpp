// A fragment of kernels-inl.hpp: sixteen rows of sixteen 32-bit values, turned over.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Rows `stride` floats apart, as transpose() writes them.
struct rows_at {
  float* first;
  std::size_t stride;
  template <class D>
  HWY_INLINE void store(D d, hn::Vec<D> v, std::size_t row, std::size_t column) const {
    hn::StoreU(v, d, first + row * stride + column);
  }
};

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3

static HWY_INLINE __m512 interleave_pairs(__m512 a, __m512 b, bool upper) {
  const __m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
  return _mm512_castpd_ps(upper ? _mm512_unpackhi_pd(x, y) : _mm512_unpacklo_pd(x, y));
}

/// Row i of the result, in v[i], holds element i of every v.
static HWY_INLINE void transpose16(__m512 (&v)[16]) {
  __m512 t[16];
  HWY_UNROLL(8)
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]);
  }
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) {
    v[4 * i] = interleave_pairs(t[4 * i], t[4 * i + 2], false);
    v[4 * i + 1] = interleave_pairs(t[4 * i], t[4 * i + 2], true);
    v[4 * i + 2] = interleave_pairs(t[4 * i + 1], t[4 * i + 3], false);
    v[4 * i + 3] = interleave_pairs(t[4 * i + 1], t[4 * i + 3], true);
  }
  // now v[4 b + i] holds, in its 128-bit part p, element 4 p + i of v[4 b ... 4 b + 3]
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_f32x4(v[i], v[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_f32x4(v[i], v[4 + i], 0xDD);
    t[8 + i] = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0x88);
    t[12 + i] = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0xDD);
  }
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) {
    v[i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0x88);
    v[8 + i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0xDD);
    v[4 + i] = _mm512_shuffle_f32x4(t[4 + i], t[12 + i], 0x88);
    v[12 + i] = _mm512_shuffle_f32x4(t[4 + i], t[12 + i], 0xDD);
  }
}

/// Row i of `to`, by its store(tag, vector, row, column): from[j * from_stride + i] for each j.
template <class Rows>
static HWY_INLINE void transpose(const float* from, std::size_t from_stride, const Rows& to) {
  __m512 v[16];
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < 16; ++i) v[i] = _mm512_loadu_ps(from + i * from_stride);
  transpose16(v);
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < 16; ++i) to.store(f32_tag{}, f32s{v[i]}, i, 0);
}

#else

using f32x4_tag = hn::FixedTag<float, 4>;

template <class Rows>
static HWY_INLINE void transpose4(const float* from, std::size_t from_stride, const Rows& to,
                                  std::size_t row, std::size_t column) {
  const f32x4_tag d;
  const hn::Repartition<double, f32x4_tag> pairs;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_stride);
  const auto c = hn::LoadU(d, from + 2 * from_stride), e = hn::LoadU(d, from + 3 * from_stride);
  const auto ab = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
  const auto ce = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
  const auto ab_up = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
  const auto ce_up = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
  to.store(d, hn::BitCast(d, hn::InterleaveLower(pairs, ab, ce)), row, column);
  to.store(d, hn::BitCast(d, hn::InterleaveUpper(pairs, ab, ce)), row + 1, column);
  to.store(d, hn::BitCast(d, hn::InterleaveLower(pairs, ab_up, ce_up)), row + 2, column);
  to.store(d, hn::BitCast(d, hn::InterleaveUpper(pairs, ab_up, ce_up)), row + 3, column);
}

/// Row i of `to`, by its store(tag, vector, row, column): from[j * from_stride + i] for each j.
template <class Rows>
static HWY_INLINE void transpose(const float* from, std::size_t from_stride, const Rows& to) {
  for (std::size_t i = 0; i < 16; i += 4)
    for (std::size_t j = 0; j < 16; j += 4)
      transpose4(from + j * from_stride + i, from_stride, to, i, j);
}

#endif

/// to[i * to_stride + j] = from[j * from_stride + i]
static HWY_INLINE void transpose(const float* from, std::size_t from_stride, float* to,
                                 std::size_t to_stride) {
  transpose(from, from_stride, rows_at{to, to_stride});
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
