// A fragment of kernels-inl.hpp: codes of kv/code_units.hpp in the lanes of vectors.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Places of the lanes of codes in words.
template <std::size_t Bits>
struct code_places {
  alignas(64) std::uint32_t of[lanes];
  constexpr code_places() noexcept : of() {
    for (std::size_t l = 0; l < lanes; ++l)
      of[l] = static_cast<std::uint32_t>(Bits == 4 ? l / 2 * 4 : l * Bits);
  }
};
template <std::size_t Bits>
inline constexpr code_places<Bits> places_of{};

static HWY_INLINE u32s shifted_right(u32s x, std::size_t bits) {
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  return u32s{_mm512_srlv_epi32(x.raw, _mm512_set1_epi32(static_cast<int>(bits)))};
#else
  return hn::ShiftRightSame(x, static_cast<int>(bits));
#endif
}
/// The lowest Bits, where not only they are looked at.
template <std::size_t Bits>
static HWY_INLINE u32s lowest_bits(u32s x) {
  if constexpr (looked_up<Bits>) return x;
  return hn::And(x, hn::Set(u32_tag{}, (1u << Bits) - 1));
}
/// The lowest two bits of `low`, and above them the lowest bit of `top`, moved down by a number of
/// bits.
static HWY_INLINE u32s three_bits(u32s low, u32s top, u32s down) {
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  const __m512i at_two =
      _mm512_rorv_epi32(top.raw, _mm512_sub_epi32(down.raw, _mm512_set1_epi32(2)));
  return u32s{_mm512_ternarylogic_epi32(_mm512_set1_epi32(3), low.raw, at_two, 0xCA)};
#else
  const u32_tag u;
  const u32s high = hn::And(hn::Shr(top, down), hn::Set(u, 1u));
  return hn::Or(hn::And(low, hn::Set(u, 3u)), hn::ShiftLeft<2>(high));
#endif
}
template <class Word>
static HWY_INLINE Word word_at(const unsigned char* from) {
  Word word;
  __builtin_memcpy(&word, from, sizeof word);
  return word;
}
/// Words of 32 bits, `lane` words on.
static HWY_INLINE u32s words_from(const unsigned char* from, std::size_t lane) {
  const hn::Repartition<std::uint8_t, u32_tag> bytes;
  return hn::BitCast(u32_tag{}, hn::LoadU(bytes, from + 4 * lane));
}

/// Code l of the units of positions [lane, lane + floats_per_vector), of units side by side.
template <std::size_t Bits>
static HWY_INLINE u32s codes_of_positions(const unsigned char* units, std::size_t lane,
                                          std::size_t l) {
  const u32_tag u;
  if constexpr (Bits == 8) {
    return hn::PromoteTo(u,
                         hn::LoadU(hn::Rebind<std::uint8_t, u32_tag>(), units + l * lanes + lane));
  } else if constexpr (Bits == 4) {
    return lowest_bits<4>(shifted_right(words_from(units + l % 2 * 64, lane), l / 2 * 4));
  } else {
    const hn::Repartition<std::uint8_t, hn::Rebind<std::uint16_t, u32_tag>> half_bytes;
    const auto tops = hn::BitCast(hn::Rebind<std::uint16_t, u32_tag>(),
                                  hn::LoadU(half_bytes, units + 64 + 2 * lane));
    return three_bits(shifted_right(words_from(units, lane), 2 * l), hn::PromoteTo(u, tops),
                      hn::Set(u, static_cast<std::uint32_t>(l)));
  }
}

/// Codes [lane, lane + floats_per_vector) of one unit.
template <std::size_t Bits>
static HWY_INLINE u32s codes_of_unit(const unsigned char* unit, std::size_t lane) {
  const u32_tag u;
  if constexpr (Bits == 8) {
    return hn::PromoteTo(u, hn::LoadU(hn::Rebind<std::uint8_t, u32_tag>(), unit + lane));
  } else if constexpr (Bits == 4) {
    const hn::Repartition<std::uint64_t, u32_tag> pairs;
    const u32s words = hn::BitCast(u, hn::Set(pairs, word_at<std::uint64_t>(unit)));
    return lowest_bits<4>(hn::Shr(words, hn::Load(u, places_of<4>.of + lane)));
  } else {
    const u32s low = hn::Set(u, word_at<std::uint32_t>(unit));
    const u32s top = hn::Set(u, std::uint32_t{word_at<std::uint16_t>(unit + 4)});
    return three_bits(hn::Shr(low, hn::Load(u, places_of<2>.of + lane)), top,
                      hn::Load(u, places_of<1>.of + lane));
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
