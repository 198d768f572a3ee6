// A fragment of kernels-inl.hpp: exact sums of raw values times int8 activations.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

// A kind of sum has
//   take(state)        what it multiplies with the activations of a field, from the field's state
//   keep(mask, taken)  the same with the lanes outside the mask contributing nothing
//   clear(), add(taken, x), close_block() after each block of 64 bytes, total()
// and a constructor that does nothing: an implicit one would not have the target's instructions.
// Sums may wrap around 2^32; whoever reads them knows that the whole fits (tiles.hpp).

#if TRILITH_SIMD_VNNI

/// Four products a lane and instruction, for raw values of up to 255.
template <class P>
struct sum_of {
  i32s sum;

  HWY_INLINE sum_of() {}
  static HWY_INLINE u8s take(u8s state) { return fields_of<P>::raw(state); }
  template <class Mask>
  static HWY_INLINE u8s keep(Mask mask, u8s raw) {
    return hn::IfThenElseZero(mask, raw);
  }
  HWY_INLINE void clear() { sum = hn::Zero(i32_tag{}); }
  HWY_INLINE void add(u8s raw, i8s x) { sum = i32s{_mm512_dpbusd_epi32(sum.raw, raw.raw, x.raw)}; }
  HWY_INLINE void close_block() {}
  HWY_INLINE i32s total() const { return sum; }
};

/// digit_f = (3 q_f - q_{f+1}) / 256 exactly, so sum digit x = (3 sum q_f x - sum q_{f+1} x) / 256:
/// no digit is ever computed. A lane of the difference stays below 2^31 for at least 1600 blocks:
/// 5 fields * 4 products * (256 * 2) * 128 = 1.31e6 a block.
template <>
struct sum_of<packing::base3> {
  struct fractions {
    u8s q, next;
  };
  i32s sum, next_sum;

  HWY_INLINE sum_of() {}
  static HWY_INLINE fractions take(u8s q) { return {q, fields_of<packing::base3>::next(q)}; }
  template <class Mask>
  static HWY_INLINE fractions keep(Mask mask, fractions f) {
    return {hn::IfThenElseZero(mask, f.q), hn::IfThenElseZero(mask, f.next)};
  }
  HWY_INLINE void clear() { sum = next_sum = hn::Zero(i32_tag{}); }
  HWY_INLINE void add(fractions f, i8s x) {
    sum = i32s{_mm512_dpbusd_epi32(sum.raw, f.q.raw, x.raw)};
    next_sum = i32s{_mm512_dpbusd_epi32(next_sum.raw, f.next.raw, x.raw)};
  }
  HWY_INLINE void close_block() {}
  HWY_INLINE i32s total() const {
    return hn::ShiftRight<8>(hn::Sub(hn::Add(hn::Add(sum, sum), sum), next_sum));
  }
};

#else

/// For raw values of at most 15. The products of a block are added in 16 bits: a lane of `part`
/// holds at most 64 / bytes_per_vector * fields * 2 products, that is 16 of 15 * 128 = 30720 for
/// bits4 in 16-byte vectors; 8192 to 12288 for the other packings; less in longer vectors.
template <class P>
struct sum_of {
  i16s part;
  i32s sum;

  HWY_INLINE sum_of() {}
  static_assert(fields_of<P>::raw_limit * 128 * static_cast<int>(P::fields) * 2 *
                    static_cast<int>(plane / bytes_per_vector) <=
                32767);
  static HWY_INLINE u8s take(u8s state) { return fields_of<P>::raw(state); }
  template <class Mask>
  static HWY_INLINE u8s keep(Mask mask, u8s raw) {
    return hn::IfThenElseZero(mask, raw);
  }
  HWY_INLINE void clear() {
    part = hn::Zero(i16_tag{});
    sum = hn::Zero(i32_tag{});
  }
  HWY_INLINE void add(u8s raw, i8s x) {
#if defined(__aarch64__)
    const int8x16_t w = vreinterpretq_s8_u8(raw.raw);
    part.raw = vmlal_s8(part.raw, vget_low_s8(w), vget_low_s8(x.raw));
    part.raw = vmlal_high_s8(part.raw, w, x.raw);
#elif HWY_TARGET <= HWY_AVX3
    part = hn::Add(part, i16s{_mm512_maddubs_epi16(raw.raw, x.raw)});
#elif HWY_TARGET <= HWY_AVX2
    part = hn::Add(part, i16s{_mm256_maddubs_epi16(raw.raw, x.raw)});
#else
    part = hn::Add(part, i16s{_mm_maddubs_epi16(raw.raw, x.raw)});
#endif
  }
  HWY_INLINE void close_block() {
    const auto ones = hn::Set(i16_tag{}, std::int16_t{1});
#if defined(__aarch64__)
    sum.raw = vpadalq_s16(sum.raw, part.raw);
    static_cast<void>(ones);
#elif HWY_TARGET <= HWY_AVX3
    sum = hn::Add(sum, i32s{_mm512_madd_epi16(part.raw, ones.raw)});
#elif HWY_TARGET <= HWY_AVX2
    sum = hn::Add(sum, i32s{_mm256_madd_epi16(part.raw, ones.raw)});
#else
    sum = hn::Add(sum, i32s{_mm_madd_epi16(part.raw, ones.raw)});
#endif
    part = hn::Zero(i16_tag{});
  }
  HWY_INLINE i32s total() const { return sum; }
};

/// Raw values of up to 255 need 16 bits before they are multiplied.
template <>
struct sum_of<packing::bits8> {
  i32s sum, more;

  HWY_INLINE sum_of() {}
  static HWY_INLINE u8s take(u8s state) { return state; }
  template <class Mask>
  static HWY_INLINE u8s keep(Mask mask, u8s raw) {
    return hn::IfThenElseZero(mask, raw);
  }
  HWY_INLINE void clear() { sum = more = hn::Zero(i32_tag{}); }
  HWY_INLINE void add(u8s raw, i8s x) {
    const hn::Half<u8_tag> u8_half;
    const hn::Half<i8_tag> i8_half;
    add_half(hn::LowerHalf(u8_half, raw), hn::LowerHalf(i8_half, x));
    add_half(hn::UpperHalf(u8_half, raw), hn::UpperHalf(i8_half, x));
  }
  HWY_INLINE void close_block() {}
  HWY_INLINE i32s total() const { return hn::Add(sum, more); }

 private:
  template <class U8, class I8>
  HWY_INLINE void add_half(U8 raw, I8 x) {
    const i16_tag wide;
    sum = hn::ReorderWidenMulAccumulate(i32_tag{}, hn::PromoteTo(wide, raw), hn::PromoteTo(wide, x),
                                        sum, more);
  }
};

#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
