// A fragment of kernels-inl.hpp: products of matrices whose operands are rounded to bfloat16 while
// they are packed. A product of two of them is exact in float, so that fusing it with the addition
// makes no difference: the float kernels give the bits of multiply_bf16, and so do instructions
// that add two such products, one after the other.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// bf16_operand() of each x.
static HWY_INLINE f32s bf16_operands(f32s x) {
  const f32_tag f;
  const u32_tag u;
  const u32s bits = hn::BitCast(u, x);
  const u32s odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(u, 1));
  const u32s nearest = hn::Add(hn::Add(bits, hn::Set(u, 0x7FFFu)), odd);
  const f32s number = hn::BitCast(f, hn::And(nearest, hn::Set(u, 0xFFFF0000u)));
  return hn::IfThenZeroElse(hn::Lt(hn::Abs(x), hn::Set(f, bf16_limits::smallest)),
                            hn::IfThenElse(hn::Eq(x, x), number, x));  // NaN stays NaN
}

/// Packs as pack_panels() does, a part that stays in the first cache at a time, from which
/// Operands::narrow(part, depth, last, block) writes the first steps of a block.
template <class Operands, std::size_t Width>
static HWY_NOINLINE void pack_narrowed(const lane_source& from, float last,
                                       float* blocks) noexcept {
  constexpr std::size_t few = 4 * lanes, most = 2 * lanes, products = Operands::step::products;
  HWY_ALIGN float part[few * most];
  const std::size_t steps = ceil_div(from.depth, products);
  for (std::size_t i = 0; i < from.count; i += few)
    for (std::size_t k = 0; k < from.depth; k += most) {
      const lane_source some{from.data + i * from.lane + k * from.step, from.lane, from.step,
                             HWY_MIN(from.count - i, few), HWY_MIN(from.depth - k, most)};
      pack_panels<lanes>(some, part);
      for (std::size_t l = 0; l < some.count; l += lanes)
        Operands::narrow(part + l * some.depth, some.depth, last,
                         lane_block<Width>{blocks + (i + l) * steps, steps}.from(k / products));
    }
}

/// Rounded, but still floats.
struct as_rounded {
  using step = float_steps;
  template <std::size_t Width>
  static HWY_INLINE void pack(const lane_source& from, float last, float* blocks) {
    pack_narrowed<as_rounded, Width>(from, last, blocks);
  }
  template <std::size_t Width>
  static HWY_INLINE void narrow(const float* part, std::size_t depth, float,
                                const lane_block<Width>& to) {
    for (std::size_t k = 0; k < depth; ++k, part += lanes)
      for (std::size_t i = 0; i < lanes; i += floats_per_vector)
        to.store(f32_tag{}, bf16_operands(hn::LoadU(f32_tag{}, part + i)), k, i);
  }
};

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3

/// What bf16_operand() does not make 0.
static HWY_INLINE __m512 kept_operands(__m512 x) {
  const __m512 least = _mm512_set1_ps(bf16_limits::smallest);
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(x), least, _CMP_NLT_UQ), x);
}
/// Sixteen values and sixteen more as bfloat16, one after the other.
static HWY_INLINE __m512i narrowed(__m512 low, __m512 high) {
  __m512i both;
  __asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(both) : "v"(low), "v"(high));
  return both;
}
/// The same as pairs: each of `low` in the lower half.
static HWY_INLINE __m512i narrowed_pairs(__m512 low, __m512 high) {
  HWY_ALIGN static constexpr std::uint16_t side_by_side[32] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return _mm512_permutexvar_epi16(_mm512_load_si512(side_by_side), narrowed(low, high));
}

/// Two products a step, with the instructions of AVX-512 BF16, written out: Highway 1.0.3 lacks
/// them. A pair's upper half is multiplied and added first, and holds the lower k.
struct pair_steps {
  static constexpr std::size_t products = 2;
  static HWY_INLINE f32s add(f32s a, f32s b, f32s sum) {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};

struct as_pairs {
  using step = pair_steps;
  template <std::size_t Width>
  static HWY_INLINE void pack(const lane_source& from, float last, float* blocks) {
    pack_narrowed<as_pairs, Width>(from, last, blocks);
  }
  template <std::size_t Width>
  static HWY_INLINE void narrow(const float* part, std::size_t depth, float last,
                                const lane_block<Width>& to) {
    std::size_t k = 0;
    for (; k + 1 < depth; k += 2, part += 2 * lanes)
      to.store(f32_tag{}, pairs(kept(part), kept(part + lanes)), k / 2, 0);
    if (k < depth) to.store(f32_tag{}, pairs(kept(part), _mm512_set1_ps(last)), k / 2, 0);
  }

 private:
  static HWY_INLINE __m512 kept(const float* x) { return kept_operands(_mm512_loadu_ps(x)); }
  static HWY_INLINE f32s pairs(__m512 first, __m512 second) {
    return f32s{_mm512_castsi512_ps(narrowed_pairs(second, first))};
  }
};

#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
