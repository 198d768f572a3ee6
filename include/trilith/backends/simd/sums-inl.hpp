// A fragment of kernels-inl.hpp: exact sums of raw values times int8 activations.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

// A kind of sum of packing P has
//   value<F>(opened)    what it multiplies with the activations of field F
//   add<F>(value, x), clear(), close_block() after each block of 64 bytes, total()
// and a constructor that does nothing: an implicit one would not have the target's instructions.
// Sums may wrap around 2^32; whoever reads them knows that the whole fits (tiles.hpp).

#if TRILITH_SIMD_DOTS

/// sum + w_4i x_4i + ... + w_4i+3 x_4i+3 in lane i. Written out, because g++ copies the sums of an
/// intrinsic to the stack and back when there are many.
static HWY_INLINE i32s add_dots(i32s sum, u8s w, i8s x) {
#if defined(__aarch64__)
#if defined(__clang__)
  return i32s{vdotq_s32(sum.raw, vreinterpretq_s8_u8(w.raw), x.raw)};
#else
  // of all functions only this line needs the instruction
  __asm__(".arch armv8.2-a+dotprod\n\tsdot %0.4s, %1.16b, %2.16b"
          : "+w"(sum.raw)
          : "w"(w.raw), "w"(x.raw));
  return sum;
#endif
#elif HWY_TARGET <= HWY_AVX3
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(w.raw), "v"(x.raw));
  return sum;
#else
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum.raw) : "x"(w.raw), "x"(x.raw));
  return sum;
#endif
}

/// The same with x where it lies in memory.
static HWY_INLINE i32s add_dots(i32s sum, u8s w, const std::int8_t* x) {
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  struct bytes {
    std::int8_t of[64];
  };
  __asm__("vpdpbusd %2, %1, %0"
          : "+v"(sum.raw)
          : "v"(w.raw), "m"(*reinterpret_cast<const bytes*>(x)));
  return sum;
#else
  return add_dots(sum, w, hn::LoadU(i8_tag{}, x));
#endif
}

/// Many tokens share one unpacked value: four products a lane and instruction.
template <class P>
struct raw_sum {
  i32s sum;

  HWY_INLINE raw_sum() {}
  template <std::size_t F>
  static HWY_INLINE u8s value(typename fields_of<P>::opened o) {
    return fields_of<P>::template raw<F>(o);
  }
  template <std::size_t, class X>
  HWY_INLINE void add(u8s raw, X x) {
    sum = add_dots(sum, raw, x);
  }
  HWY_INLINE void clear() { sum = hn::Zero(i32_tag{}); }
  HWY_INLINE void close_block() {}
  HWY_INLINE i32s total() const { return sum; }
};

/// One token: values are multiplied where they lie in their bytes, each field's sum is shifted once
/// at the end. A lane grows by at most 4 * 240 * 128 a block: `most_blocks` of them fit.
template <class P>
struct place_sum {
  i32s of_field[P::fields];

  HWY_INLINE place_sum() {}
  template <std::size_t F>
  static HWY_INLINE u8s value(typename fields_of<P>::opened o) {
    return fields_of<P>::template in_place<F>(o);
  }
  template <std::size_t F, class X>
  HWY_INLINE void add(u8s in_place, X x) {
    of_field[F] = add_dots(of_field[F], in_place, x);
  }
  HWY_INLINE void clear() { clear_fields(std::make_index_sequence<P::fields>{}); }
  HWY_INLINE void close_block() {}
  HWY_INLINE i32s total() const { return total_from<0>(); }

 private:
  template <std::size_t... F>
  HWY_INLINE void clear_fields(std::index_sequence<F...>) {
    ((of_field[F] = hn::Zero(i32_tag{})), ...);
  }
  template <std::size_t F>
  HWY_INLINE i32s total_from() const {
    if constexpr (F + 1 < P::fields) {
      // each sum is a multiple of 2^place, so nothing is lost
      constexpr int higher = fields_of<P>::template place<F + 1> - fields_of<P>::template place<F>;
      return hn::Add(of_field[F], hn::ShiftRight<higher>(total_from<F + 1>()));
    } else {
      return of_field[F];
    }
  }
};

// NEON's dot products are of signed bytes: values in their places would be too large.
#if defined(__aarch64__)
template <class P, std::size_t>
using sum_of = raw_sum<P>;
#else
template <class P, std::size_t Tokens>
using sum_of = std::conditional_t<Tokens == 1, place_sum<P>, raw_sum<P> >;
#endif

#else

/// For raw values of at most 15. The products of a block are added in 16 bits: a lane of `part`
/// holds at most 64 / bytes_per_vector * fields * 2 products, that is 16 of 15 * 128 = 30720 for
/// bits4 in 16-byte vectors; less for the other packings and in longer vectors.
template <class P>
struct part_sum {
  i16s part;
  i32s sum;

  HWY_INLINE part_sum() {}
  static_assert(fields_of<P>::raw_limit * 128 * static_cast<int>(P::fields) * 2 *
                    static_cast<int>(plane / bytes_per_vector) <=
                32767);
  template <std::size_t F>
  static HWY_INLINE u8s value(typename fields_of<P>::opened o) {
    return fields_of<P>::template raw<F>(o);
  }
  template <std::size_t F>
  HWY_INLINE void add(u8s raw, const std::int8_t* x) {
    add<F>(raw, hn::LoadU(i8_tag{}, x));
  }
  HWY_INLINE void clear() {
    part = hn::Zero(i16_tag{});
    sum = hn::Zero(i32_tag{});
  }
  template <std::size_t>
  HWY_INLINE void add(u8s raw, i8s x) {
#if defined(__aarch64__)
    const int8x16_t w = vreinterpretq_s8_u8(raw.raw);
    part.raw = vmlal_s8(part.raw, vget_low_s8(w), vget_low_s8(x.raw));
    part.raw = vmlal_high_s8(part.raw, w, x.raw);
#else
    part = hn::Add(part, pair_products(raw, x));
#endif
  }
  HWY_INLINE void close_block() {
    sum = add_pairs(sum, part);
    part = hn::Zero(i16_tag{});
  }
  HWY_INLINE i32s total() const { return sum; }
};

/// Raw values of up to 255 need 16 bits before they are multiplied.
template <>
struct part_sum<packing::bits8> {
  i32s sum, more;

  HWY_INLINE part_sum() {}
  template <std::size_t>
  static HWY_INLINE u8s value(u8s opened) {
    return opened;
  }
  template <std::size_t F>
  HWY_INLINE void add(u8s raw, const std::int8_t* x) {
    add<F>(raw, hn::LoadU(i8_tag{}, x));
  }
  HWY_INLINE void clear() { sum = more = hn::Zero(i32_tag{}); }
  template <std::size_t>
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

template <class P, std::size_t>
using sum_of = part_sum<P>;

#endif

using i32x4_tag = hn::FixedTag<std::int32_t, 4>;

/// The four lanes of each 128-bit part, the parts added.
static HWY_INLINE hn::Vec<i32x4_tag> add_parts(i32s v) {
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  const __m256i half =
      _mm256_add_epi32(_mm512_castsi512_si256(v.raw), _mm512_extracti64x4_epi64(v.raw, 1));
  return hn::Vec<i32x4_tag>{
      _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1))};
#elif defined(__x86_64__) && HWY_TARGET <= HWY_AVX2
  return hn::Vec<i32x4_tag>{
      _mm_add_epi32(_mm256_castsi256_si128(v.raw), _mm256_extracti128_si256(v.raw, 1))};
#else
  return v;
#endif
}

/// sums[i] = the sum of the lanes of the i-th vector.
static HWY_INLINE void store_sums(i32s a, i32s b, i32s c, i32s d, std::int32_t* sums) {
  const i32_tag t;
  const hn::Repartition<std::int64_t, i32_tag> pairs;
  const auto ab =
      hn::BitCast(pairs, hn::Add(hn::InterleaveLower(t, a, b), hn::InterleaveUpper(t, a, b)));
  const auto cd =
      hn::BitCast(pairs, hn::Add(hn::InterleaveLower(t, c, d), hn::InterleaveUpper(t, c, d)));
  const i32s all = hn::Add(hn::BitCast(t, hn::InterleaveLower(pairs, ab, cd)),
                           hn::BitCast(t, hn::InterleaveUpper(pairs, ab, cd)));
  hn::StoreU(add_parts(all), i32x4_tag{}, sums);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
