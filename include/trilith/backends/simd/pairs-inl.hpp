// A fragment of kernels-inl.hpp: products in 16 bits, for CPUs without dot products.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

#if !TRILITH_SIMD_DOTS && !defined(__aarch64__)
/// w_2i x_2i + w_2i+1 x_2i+1 in lane i.
static HWY_INLINE i16s pair_products(u8s w, i8s x) {
#if HWY_TARGET <= HWY_AVX3
  return i16s{_mm512_maddubs_epi16(w.raw, x.raw)};
#elif HWY_TARGET <= HWY_AVX2
  return i16s{_mm256_maddubs_epi16(w.raw, x.raw)};
#else
  return i16s{_mm_maddubs_epi16(w.raw, x.raw)};
#endif
}
#endif

#if !TRILITH_SIMD_DOTS && !defined(__aarch64__)
/// sum + part. Written out, because g++ copies many sums to the stack and back otherwise.
static HWY_INLINE i16s add_words(i16s sum, i16s part) {
#if HWY_TARGET <= HWY_AVX3
  __asm__("vpaddw %1, %0, %0" : "+v"(sum.raw) : "v"(part.raw));
#elif HWY_TARGET <= HWY_AVX2
  __asm__("vpaddw %1, %0, %0" : "+x"(sum.raw) : "x"(part.raw));
#else
  __asm__("paddw %1, %0" : "+x"(sum.raw) : "x"(part.raw));
#endif
  return sum;
}
#endif

#if !TRILITH_SIMD_DOTS
/// sum + part_2i + part_2i+1 in lane i.
static HWY_INLINE i32s add_pairs(i32s sum, i16s part) {
#if defined(__aarch64__)
  return i32s{vpadalq_s16(sum.raw, part.raw)};
#elif HWY_TARGET <= HWY_AVX3
  return hn::Add(sum, i32s{_mm512_madd_epi16(part.raw, _mm512_set1_epi16(1))});
#elif HWY_TARGET <= HWY_AVX2
  return hn::Add(sum, i32s{_mm256_madd_epi16(part.raw, _mm256_set1_epi16(1))});
#else
  return hn::Add(sum, i32s{_mm_madd_epi16(part.raw, _mm_set1_epi16(1))});
#endif
}
#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
