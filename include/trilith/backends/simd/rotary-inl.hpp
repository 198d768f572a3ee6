// A fragment of rows-inl.hpp: the pairings of layers/rotary.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

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

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
