// A fragment of kernels-inl.hpp: float vectors, from any form of weights, and their exact product.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

using f32_tag = hn::ScalableTag<float>;
using f32s = hn::Vec<f32_tag>;
using u32_tag = hn::ScalableTag<std::uint32_t>;
using u32s = hn::Vec<u32_tag>;

inline constexpr std::size_t floats_per_vector = HWY_LANES(float);
inline constexpr std::size_t vectors_per_sum = lanes / floats_per_vector;

/// a * b rounded, in vectors of any width: the compiler cannot see the product, and thus not fuse
/// it with an addition.
template <class V>
static HWY_INLINE V rounded_product(V a, V b) {
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

// One vector of weights as floats, from any of their forms.
static HWY_INLINE f32s load_floats(const float* w) {
  return hn::LoadU(f32_tag{}, w);
}

static HWY_INLINE f32s load_floats(const std::int8_t* w) {
  const hn::Rebind<std::int8_t, i32_tag> few;
  return hn::ConvertTo(f32_tag{}, hn::PromoteTo(i32_tag{}, hn::LoadU(few, w)));
}

static HWY_INLINE u32s load_halves(const std::uint16_t* w) {
  const hn::Rebind<std::uint16_t, u32_tag> few;
  return hn::PromoteTo(u32_tag{}, hn::LoadU(few, w));
}

static HWY_INLINE f32s load_floats(const bfloat16* w) {
  return hn::BitCast(f32_tag{}, hn::ShiftLeft<16>(load_halves(&w->bits)));
}

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
static HWY_INLINE f32s load_floats(const float16* w) {
  return f32s{_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)))};
}
#elif defined(__x86_64__) && HWY_TARGET <= HWY_AVX2
static HWY_INLINE f32s load_floats(const float16* w) {
  return f32s{_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)))};
}
#else
/// to_float of core/half.hpp: the exponent is moved, subnormals are normalised by a subtraction.
static HWY_INLINE f32s load_floats(const float16* w) {
  const f32_tag f;
  const u32_tag u;
  const u32s half = load_halves(&w->bits);
  const u32s sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(u, 0x8000u)));
  const u32s magnitude = hn::ShiftLeft<13>(hn::And(half, hn::Set(u, 0x7FFFu)));
  const u32s exponent = hn::And(magnitude, hn::Set(u, 0x0F800000u));
  const u32s normal = hn::Add(magnitude, hn::Set(u, 0x38000000u));
  const u32s special = hn::Add(magnitude, hn::Set(u, 0x70000000u));
  const u32s tiny = hn::BitCast(u, hn::Sub(hn::BitCast(f, hn::Add(normal, hn::Set(u, 0x00800000u))),
                                           hn::BitCast(f, hn::Set(u, 0x38800000u))));
  const u32s finite = hn::IfThenElse(hn::Eq(exponent, hn::Zero(u)), tiny, normal);
  const u32s value = hn::IfThenElse(hn::Eq(exponent, hn::Set(u, 0x0F800000u)), special, finite);
  return hn::BitCast(f, hn::Or(sign, value));
}
#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
