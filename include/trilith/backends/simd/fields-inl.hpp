// A fragment of kernels-inl.hpp: from packed bytes to the raw values of their fields.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// From memory, so that the compiler may read it where it is used.
template <int Value>
static HWY_INLINE u8s all_bytes() {
  return hn::Load(u8_tag{}, equal_bytes<Value>.of);
}

template <int Value>
static HWY_INLINE hn::Mask<u8_tag> at_least(u8s bytes) {
  return hn::Eq(hn::Max(bytes, all_bytes<Value>()), bytes);
}

/// There is no shift of bytes: what a 16-bit shift brings in from the neighbour is masked by the
/// callers.
template <int Bits>
static HWY_INLINE u8s shift_right(u8s bytes) {
  const hn::Repartition<std::uint16_t, u8_tag> u16_tag;
  return hn::BitCast(u8_tag{}, hn::ShiftRight<Bits>(hn::BitCast(u16_tag, bytes)));
}
template <int Bits>
static HWY_INLINE u8s shift_left(u8s bytes) {
  const hn::Repartition<std::uint16_t, u8_tag> u16_tag;
  return hn::BitCast(u8_tag{}, hn::ShiftLeft<Bits>(hn::BitCast(u16_tag, bytes)));
}

#if TRILITH_SIMD_VBMI
/// Bits [Place, Place + Bits) of each byte: a product with a matrix of bits, whose row i (counted
/// from the last byte) picks bit Place + i.
template <int Bits, int Place>
static HWY_INLINE u8s bits_at(u8s bytes) {
  constexpr std::uint64_t matrix = [] {
    std::uint64_t rows = 0;
    for (int i = 0; i < Bits; ++i) rows |= std::uint64_t{1} << (Place + i + 8 * (7 - i));
    return rows;
  }();
  return u8s{_mm512_gf2p8affine_epi64_epi8(
      bytes.raw, _mm512_set1_epi64(static_cast<std::int64_t>(matrix)), 0)};
}
#else
template <int Bits, int Place>
static HWY_INLINE u8s bits_at(u8s bytes) {
  return hn::And(shift_right<Place>(bytes), all_bytes<(1 << Bits) - 1>());
}
#endif

/// The fields of a vector of packed bytes: open() the bytes once, then take each field F, either as
/// its raw value or in its place, which is the raw value times 2^place<F>. Bytes that no packing
/// makes give some value of at most `raw_limit`.
template <class P>
struct fields_of;

template <int Bits>
struct bit_fields_of {
  static constexpr int raw_limit = (1 << Bits) - 1;
  using opened = u8s;
  template <std::size_t F>
  static constexpr int place = static_cast<int>(F) * Bits;

  static HWY_INLINE opened open(u8s bytes) { return bytes; }
  template <std::size_t F>
  static HWY_INLINE u8s in_place(opened bytes) {
    return hn::And(bytes, all_bytes<(raw_limit << place<F>)>());
  }
  template <std::size_t F>
  static HWY_INLINE u8s raw(opened bytes) {
    if constexpr (F == 0) return in_place<0>(bytes);
    return bits_at<Bits, place<F>>(bytes);
  }
};
template <>
struct fields_of<packing::bits1> : bit_fields_of<1> {};
template <>
struct fields_of<packing::bits2> : bit_fields_of<2> {};
template <>
struct fields_of<packing::bits4> : bit_fields_of<4> {};

template <>
struct fields_of<packing::bits8> {
  static constexpr int raw_limit = 255;
  using opened = u8s;
  template <std::size_t>
  static constexpr int place = 0;
  static HWY_INLINE opened open(u8s bytes) { return hn::Xor(bytes, all_bytes<0x80>()); }
  template <std::size_t>
  static HWY_INLINE u8s in_place(opened bytes) {
    return bytes;
  }
  template <std::size_t>
  static HWY_INLINE u8s raw(opened bytes) {
    return bytes;
  }
};

/// base3, opened: digits 0 to 3 in the four pairs of bits of `four`, digit 4 in the highest two
/// bits of `top`, whose other bits may be anything.
template <>
struct fields_of<packing::base3> {
  static constexpr int raw_limit = 3;
  struct opened {
    u8s four, top;
    HWY_INLINE opened() {}
    HWY_INLINE opened(u8s f, u8s t) : four(f), top(t) {}
  };
  template <std::size_t F>
  static constexpr int place = F < 4 ? 2 * static_cast<int>(F) : 6;

  template <std::size_t F>
  static HWY_INLINE u8s in_place(opened o) {
    if constexpr (F == 4)
      return hn::And(o.top, all_bytes<0xC0>());
    else
      return bit_fields_of<2>::in_place<F>(o.four);
  }
  template <std::size_t F>
  static HWY_INLINE u8s raw(opened o) {
    if constexpr (F == 4)
      return bits_at<2, 6>(o.top);
    else
      return bit_fields_of<2>::raw<F>(o.four);
  }

#if TRILITH_SIMD_VBMI
  /// A lookup of 64 entries takes the lowest six bits of each byte and ignores the others.
  static HWY_INLINE opened open(u8s bytes) {
    const __mmask64 escaped = _mm512_cmpge_epu8_mask(bytes.raw, all_bytes<0xC0>().raw);
    const __m512i four = _mm512_permutexvar_epi8(bytes.raw, table(base3_tables.regular));
    return {
        u8s{_mm512_mask_permutexvar_epi8(four, escaped, bytes.raw, table(base3_tables.escaped))},
        u8s {
          _mm512_mask_permutexvar_epi8(bytes.raw, escaped, bytes.raw,
                                       table(base3_tables.escaped_top))
        }};
  }

 private:
  static HWY_INLINE __m512i table(const std::uint8_t* entries) {
    return _mm512_load_si512(entries);
  }
#else
  /// Lookups of 16 entries: the numbers below 8, and what follows an escape.
  static HWY_INLINE opened open(u8s bytes) {
    const u8s low = hn::TableLookupBytes(entries(base3_tables.low), hn::And(bytes, all_bytes<7>()));
    const u8s high = hn::TableLookupBytes(entries(base3_tables.high),
                                          hn::And(shift_right<3>(bytes), all_bytes<7>()));
    const u8s rest = hn::And(bytes, all_bytes<15>());
    const auto escaped = at_least<0xC0>(bytes);
    const auto both_eight = at_least<0xF0>(bytes);
    const u8s four = hn::Or(hn::TableLookupBytes(entries(base3_tables.rest), rest),
                            hn::IfThenElseZero(both_eight, all_bytes<0xAA>()));
    const u8s top =
        hn::IfThenElse(both_eight, hn::TableLookupBytes(entries(base3_tables.rest_top), rest),
                       shift_left<2>(bytes));
    return {hn::IfThenElse(escaped, four, hn::Or(low, high)), hn::IfThenElse(escaped, top, bytes)};
  }

 private:
  static HWY_INLINE u8s entries(const std::uint8_t* sixteen) {
    return hn::LoadDup128(u8_tag{}, sixteen);
  }
#endif
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
