// A fragment of kernels-inl.hpp: from packed bytes to the raw values of their fields.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The fields of a vector of packed bytes, one after the other: start from first(bytes), take
/// raw(state), go on to next(state). All bytes give some raw value of at most `raw_limit`.
template <class P>
struct fields_of;

template <unsigned Bits>
struct bit_fields_of {
  static constexpr int raw_limit = (1 << Bits) - 1;
  static HWY_INLINE u8s first(u8s bytes) { return bytes; }
  static HWY_INLINE u8s raw(u8s state) {
    return hn::And(state, hn::Set(u8_tag{}, static_cast<std::uint8_t>(raw_limit)));
  }
  // There is no shift of bytes: what a 16-bit shift brings in from the neighbour lies above the
  // lowest 8 - Bits * field bits, where raw() does not look.
  static HWY_INLINE u8s next(u8s state) {
    const hn::Repartition<std::uint16_t, u8_tag> u16_tag;
    return hn::BitCast(u8_tag{},
                       hn::ShiftRight<static_cast<int>(Bits)>(hn::BitCast(u16_tag, state)));
  }
};
template <>
struct fields_of<packing::bits1> : bit_fields_of<1> {};
template <>
struct fields_of<packing::bits2> : bit_fields_of<2> {};
template <>
struct fields_of<packing::bits4> : bit_fields_of<4> {};

template <>
struct fields_of<packing::base3> {
  static constexpr int raw_limit = 2;
  static HWY_INLINE u8s first(u8s bytes) { return bytes; }
  // floor(3 q / 256) = (q > 85) + (q > 170)
  static HWY_INLINE u8s raw(u8s q) { return hn::Add(one_if_above(q, 85), one_if_above(q, 170)); }
  static HWY_INLINE u8s next(u8s q) { return hn::Add(hn::Add(q, q), q); }

 private:
  static HWY_INLINE u8s one_if_above(u8s q, std::uint8_t limit) {
    return hn::Min(hn::SaturatedSub(q, hn::Set(u8_tag{}, limit)),
                   hn::Set(u8_tag{}, std::uint8_t{1}));
  }
};

template <>
struct fields_of<packing::bits8> {
  static constexpr int raw_limit = 255;
  static HWY_INLINE u8s first(u8s bytes) {
    return hn::Xor(bytes, hn::Set(u8_tag{}, std::uint8_t{0x80}));
  }
  static HWY_INLINE u8s raw(u8s state) { return state; }
  static HWY_INLINE u8s next(u8s state) { return state; }
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
