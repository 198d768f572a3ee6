// A fragment of rows-inl.hpp: rows quantised to the bits of activations/int4.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The sum of magnitudes in double: element i in lane i % lanes.
struct row_magnitudes {
  using tag = hn::ScalableTag<double>;
  static constexpr std::size_t width = HWY_LANES(double);
  hn::Vec<tag> part[lanes / width];

  HWY_INLINE row_magnitudes() {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < lanes / width; ++v) part[v] = hn::Zero(tag{});
  }
  HWY_INLINE void add_sixteen(const float* x) {
    const hn::Rebind<float, tag> few;
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < lanes / width; ++v)
      part[v] = hn::Add(part[v], hn::PromoteTo(tag{}, hn::Abs(hn::LoadU(few, x + v * width))));
  }
  HWY_INLINE double total() const {
    HWY_ALIGN double all[lanes];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < lanes / width; ++v) hn::Store(part[v], tag{}, all + v * width);
    return add_lanes(all);
  }
};

/// clip(round_even(multiplier * x_i), -8, 7); NaN becomes -8.
static HWY_INLINE void quantize_sixteen_int4(const float* x, f32s multiplier, std::int8_t* q) {
  const f32_tag d;
  const f32s top = hn::Set(d, 7.0f), bottom = hn::Set(d, -8.0f);
  f32s v[vectors_per_sum];
  HWY_UNROLL(4)
  for (std::size_t k = 0; k < vectors_per_sum; ++k) {
    const f32s value = hn::Mul(multiplier, hn::LoadU(d, x + k * floats_per_vector));
    const f32s above = hn::IfThenElse(hn::Gt(value, bottom), value, bottom);
    v[k] = hn::IfThenElse(hn::Lt(above, top), above, top);
  }
  store_sixteen(v, q);
}

static float row_quantize_int4(const float* x, std::int8_t* q, std::size_t n) noexcept {
  row_magnitudes sum;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum.add_sixteen(x + i);
  if (i < n) sum.add_sixteen(row_end(x + i, n - i).values);
  const auto step = activations::absmean_range::step_of_sum<7>(sum.total(), n);
  const f32s multiplier = hn::Set(f32_tag{}, step.multiplier);
  for (i = 0; i + lanes <= n; i += lanes) quantize_sixteen_int4(x + i, multiplier, q + i);
  if (i < n) {
    std::int8_t codes[lanes];
    quantize_sixteen_int4(row_end(x + i, n - i).values, multiplier, codes);
    for (std::size_t k = i; k < n; ++k) q[k] = codes[k - i];
  }
  return step.scale;
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
