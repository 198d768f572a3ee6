// A fragment of gradients-inl.hpp: what backward passes compute on single rows of floats, to the
// bits of scalar_gradients.hpp. Rows are taken sixteen values at a time; the end of a row is taken
// from, and goes back through, sixteen values filled up with zeros.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Lanes of a float sum in the order of core/numeric.hpp, sixteen values at a time.
struct gradient_sum {
  HWY_ALIGN float lane[lanes];
  HWY_INLINE gradient_sum() {
    for (float& l : lane) l = 0.0f;
  }
  HWY_INLINE void add(std::size_t at, f32s x) {
    const f32_tag d;
    hn::Store(hn::Add(hn::Load(d, lane + at), x), d, lane + at);
  }
  HWY_INLINE float total() { return add_lanes(lane); }
};

/// The last values of a row, and zeros.
struct padded_end {
  HWY_ALIGN float values[lanes] = {};
  HWY_INLINE padded_end(const float* x, std::size_t held) {
    for (std::size_t i = 0; i < held; ++i) values[i] = x[i];
  }
};

/// near_exponential() of core/numeric.hpp.
static HWY_INLINE f32s near_exponential_of(f32s x) {
  const f32_tag d;
  const hn::RebindToUnsigned<f32_tag> u;
  const f32s clamped = hn::Max(hn::Set(d, -87.0f), hn::Min(x, hn::Set(d, 88.0f)));
  const f32s shift = hn::Set(d, 0x1.8p23f);
  const f32s shifted = hn::Add(rounded_product(clamped, hn::Set(d, 1.44269504f)), shift);
  const f32s n = hn::Sub(shifted, shift);
  const f32s r = hn::Sub(hn::Sub(clamped, rounded_product(n, hn::Set(d, 0.693359375f))),
                         rounded_product(n, hn::Set(d, -2.12194440e-4f)));
  static constexpr float terms[] = {1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f};
  f32s sum = hn::Set(d, 1.0f / 720);
  HWY_UNROLL(6)
  for (const float term : terms) sum = hn::Add(rounded_product(sum, r), hn::Set(d, term));
  const auto exponent =
      hn::ShiftLeft<23>(hn::Add(hn::BitCast(u, shifted), hn::Set(u, std::uint32_t{127})));
  return hn::Mul(sum, hn::BitCast(d, exponent));
}

static float row_highest(const float* x, std::size_t n) noexcept {
  const f32_tag d;
  f32s top = hn::Set(d, x[0]);
  std::size_t i = 0;
  for (; i + floats_per_vector <= n; i += floats_per_vector)
    top = hn::Max(top, hn::LoadU(d, x + i));
  float best = hn::GetLane(hn::MaxOfLanes(d, top));
  for (; i < n; ++i) best = max_of(best, x[i]);
  return best;
}

static float row_exponentials(float* x, float top, float factor, std::size_t n) noexcept {
  const f32_tag d;
  gradient_sum sum;
  const f32s tops = hn::Set(d, top), factors = hn::Set(d, factor);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t v = 0; v < lanes; v += floats_per_vector) {
      const f32s e =
          near_exponential_of(rounded_product(factors, hn::Sub(hn::LoadU(d, x + i + v), tops)));
      hn::StoreU(e, d, x + i + v);
      sum.add(v, e);
    }
  for (std::size_t l = 0; i < n; ++i, ++l) {
    x[i] = near_exponential(factor * (x[i] - top));
    sum.lane[l] += x[i];
  }
  return sum.total();
}

static void row_softmax_back(float* p, float* g, float share, float delta, float factor,
                             std::size_t n) noexcept {
  const f32_tag d;
  std::size_t i = 0;
  for (; i + floats_per_vector <= n; i += floats_per_vector) {
    const f32s q = hn::Mul(hn::LoadU(d, p + i), hn::Set(d, share));
    const f32s away = hn::Sub(hn::LoadU(d, g + i), hn::Set(d, delta));
    hn::StoreU(q, d, p + i);
    hn::StoreU(hn::Mul(hn::Mul(q, away), hn::Set(d, factor)), d, g + i);
  }
  scalar::softmax_back(p + i, g + i, share, delta, factor, n - i);
}

template <bool Gained>
static HWY_INLINE f32s gained(const float* g, f32s x) {
  if constexpr (Gained)
    return hn::Mul(hn::LoadU(f32_tag{}, g), x);
  else
    return x;
}

template <bool Gained>
static HWY_INLINE float gained_dot_of(const float* g, const float* dy, const float* x,
                                      std::size_t n) {
  const f32_tag d;
  gradient_sum sum;
  const auto add_sixteen = [&](const float* gains, const float* slopes, const float* values) {
    for (std::size_t v = 0; v < lanes; v += floats_per_vector) {
      const f32s upstream = gained<Gained>(Gained ? gains + v : gains, hn::LoadU(d, slopes + v));
      sum.add(v, rounded_product(upstream, hn::LoadU(d, values + v)));
    }
  };
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) add_sixteen(Gained ? g + i : g, dy + i, x + i);
  if (i < n)
    add_sixteen(Gained ? padded_end(g + i, n - i).values : g, padded_end(dy + i, n - i).values,
                padded_end(x + i, n - i).values);
  return sum.total();
}
static float row_gained_dot(const float* g, const float* dy, const float* x,
                            std::size_t n) noexcept {
  return g == nullptr ? gained_dot_of<false>(g, dy, x, n) : gained_dot_of<true>(g, dy, x, n);
}

template <bool Gained>
static HWY_INLINE void rms_back_of(const float* x, const float* g, const float* dy, float* dx,
                                   float* dgain, float f, float pull, std::size_t n) {
  const f32_tag d;
  const f32s factor = hn::Set(d, f), pulls = hn::Set(d, pull);
  std::size_t i = 0;
  for (; i + floats_per_vector <= n; i += floats_per_vector) {
    const f32s upstream = hn::LoadU(d, dy + i), value = hn::LoadU(d, x + i);
    const f32s straight = rounded_product(factor, gained<Gained>(Gained ? g + i : g, upstream));
    hn::StoreU(hn::Sub(straight, rounded_product(pulls, value)), d, dx + i);
    if constexpr (Gained) hn::StoreU(hn::Mul(upstream, hn::Mul(value, factor)), d, dgain + i);
  }
  if (i < n)
    scalar::rms_back(x + i, Gained ? g + i : nullptr, dy + i, dx + i, Gained ? dgain + i : dgain, f,
                     pull, n - i);
}
static void row_rms_back(const float* x, const float* g, const float* dy, float* dx, float* dgain,
                         float f, float pull, std::size_t n) noexcept {
  if (g == nullptr)
    rms_back_of<false>(x, g, dy, dx, dgain, f, pull, n);
  else
    rms_back_of<true>(x, g, dy, dx, dgain, f, pull, n);
}

static void row_relu_squared_back(const float* a, const float* u, float* da, float* du,
                                  std::size_t n) noexcept {
  const f32_tag d;
  std::size_t i = 0;
  for (; i + floats_per_vector <= n; i += floats_per_vector) {
    const f32s x = hn::LoadU(d, a + i), dz = hn::LoadU(d, da + i);
    const f32s above = hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), x);
    hn::StoreU(hn::Mul(dz, hn::Mul(above, above)), d, du + i);
    hn::StoreU(hn::Mul(hn::Mul(dz, hn::LoadU(d, u + i)), hn::Add(above, above)), d, da + i);
  }
  scalar::relu_squared_back(a + i, u + i, da + i, du + i, n - i);
}

static void row_silu_back(const float* a, const float* u, float* da, float* du,
                          std::size_t n) noexcept {
  const f32_tag d;
  const f32s one = hn::Set(d, 1.0f);
  std::size_t i = 0;
  for (; i + floats_per_vector <= n; i += floats_per_vector) {
    const f32s x = hn::LoadU(d, a + i), dz = hn::LoadU(d, da + i);
    const f32s share = hn::Div(one, hn::Add(one, near_exponential_of(hn::Neg(x))));
    const f32s bend = hn::Add(one, rounded_product(x, hn::Sub(one, share)));
    hn::StoreU(hn::Mul(dz, hn::Mul(x, share)), d, du + i);
    hn::StoreU(hn::Mul(hn::Mul(dz, hn::LoadU(d, u + i)), hn::Mul(share, bend)), d, da + i);
  }
  scalar::silu_back(a + i, u + i, da + i, du + i, n - i);
}

[[maybe_unused]] static constexpr gradient_row_kernels gradient_rows{
    &row_highest,  &row_exponentials,      &row_softmax_back, &row_gained_dot,
    &row_rms_back, &row_relu_squared_back, &row_silu_back};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
