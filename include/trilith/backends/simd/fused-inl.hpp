// A fragment of kernels-inl.hpp: fused multiply-add where all targets must round alike.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

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

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
