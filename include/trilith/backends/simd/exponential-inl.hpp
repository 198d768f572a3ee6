// A fragment of rows-inl.hpp: e^x to the bits of exponential() in core/numeric.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

using f64_tag = hn::ScalableTag<double>;
using f64s = hn::Vec<f64_tag>;

/// exponential() of core/numeric.hpp for x in [-104, 89], before it is rounded to float.
static HWY_INLINE f64s exponential_of(f64s x) {
  const f64_tag d;
  const hn::ScalableTag<std::uint64_t> u;
  // added to |n| < 2^51 it leaves n in the low bits of the sum
  const f64s shift = hn::Set(d, 0x1.8p52);
  const f64s shifted = hn::Add(rounded_product(x, hn::Set(d, 1.44269504088896340736)), shift);
  const f64s n = hn::Sub(shifted, shift);
  const f64s r = hn::Sub(x, rounded_product(n, hn::Set(d, 0.693147180559945309417)));
  static constexpr double inverse_factorials[] = {1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                                                  1.0 / 120,    1.0 / 24,    1.0 / 6,    1.0 / 2,
                                                  1.0,          1.0};
  f64s sum = hn::Set(d, 1.0 / 3628800);
  HWY_UNROLL(10)
  for (const double term : inverse_factorials)
    sum = hn::Add(rounded_product(sum, r), hn::Set(d, term));
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

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
