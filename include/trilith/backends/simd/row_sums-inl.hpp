// A fragment of rows-inl.hpp: the ends of rows, and sums of squares in the order of
// core/numeric.hpp.
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
      part[v] = hn::Add(part[v], rounded_product(value, value));
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

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
