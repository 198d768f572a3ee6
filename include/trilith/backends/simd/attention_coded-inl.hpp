// A fragment of kernels-inl.hpp: attention over keys and values of kv/coded.hpp, to the bits of
// its plain loops: blocks of rows become floats, which the blocked order then multiplies.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Places of the lanes of sixteen codes in words, Bits apart.
template <std::size_t Bits>
struct code_places {
  alignas(64) std::uint32_t of[lanes];
  constexpr code_places() noexcept : of() {
    for (std::size_t l = 0; l < lanes; ++l) of[l] = static_cast<std::uint32_t>(l * Bits % 32);
  }
};
template <std::size_t Bits>
inline constexpr code_places<Bits> places_of{};

static HWY_INLINE std::uint32_t word_at(const unsigned char* from) {
  std::uint32_t word;
  __builtin_memcpy(&word, from, sizeof word);
  return word;
}

/// Codes [lane, lane + floats_per_vector) of a unit whose codes of Bits lie in words of 32 bits.
template <std::size_t Bits>
static HWY_INLINE hn::Vec<u32_tag> codes_in_words(const unsigned char* unit, std::size_t lane) {
  const u32_tag u;
  constexpr std::size_t in_word = 32 / Bits;
  auto word = hn::Set(u, word_at(unit + lane / in_word * 4));
  if constexpr (in_word < floats_per_vector)
    word = hn::IfThenElse(hn::FirstN(u, in_word), word, hn::Set(u, word_at(unit + 4)));
  return hn::And(hn::Shr(word, hn::Load(u, places_of<Bits>.of + lane)),
                 hn::Set(u, (1u << Bits) - 1));
}

/// The same of a kv::code_unit.
template <std::size_t Bits>
static HWY_INLINE hn::Vec<u32_tag> codes_of(const unsigned char* unit, std::size_t lane) {
  const u32_tag u;
  if constexpr (Bits == 8) {
    return hn::PromoteTo(u, hn::LoadU(hn::Rebind<std::uint8_t, u32_tag>(), unit + lane));
  } else if constexpr (Bits == 3) {
    std::uint16_t top;
    __builtin_memcpy(&top, unit + 4, sizeof top);
    const auto high = hn::Shr(hn::Set(u, std::uint32_t{top}), hn::Load(u, places_of<1>.of + lane));
    return hn::Or(codes_in_words<2>(unit, lane), hn::ShiftLeft<2>(hn::And(high, hn::Set(u, 1u))));
  } else {
    return codes_in_words<Bits>(unit, lane);
  }
}

/// Unit i of a kv::coded_row<Bits> as floats.
template <std::size_t Bits>
static HWY_INLINE void widen_unit(const unsigned char* row, std::size_t i, float* to) {
  const f32_tag f;
  const i32_tag i32;
  const unsigned char* const unit = row + sizeof(float16) + i * kv::code_unit<Bits>::bytes;
  const f32s scale = hn::Set(f, kv::coded_row<Bits>::scale(row));
  HWY_UNROLL(4)
  for (std::size_t l = 0; l < lanes; l += floats_per_vector) {
    const auto codes = hn::BitCast(i32, codes_of<Bits>(unit, l));
    const auto odd = hn::Sub(hn::Add(codes, codes), hn::Set(i32, (1 << Bits) - 1));
    hn::StoreU(hn::Mul(hn::ConvertTo(f, odd), scale), f, to + l);
  }
}

/// The blocked order over rows of Format, a kv::coded.
template <class Format>
struct coded_order : fused_order {
  using element = unsigned char;
  static constexpr bool always_widens = true;

  static HWY_INLINE void widen_values(const element* from, std::size_t n, std::size_t base,
                                      std::size_t positions, float* to) {
    for (std::size_t j = 0; j < positions; ++j)
      for (std::size_t i = 0; i < ceil_div(n, lanes); ++i)
        widen(from, n, base + j, i, to + j * n + i * lanes);
  }
  /// Units of sixteen positions are turned into tiles of sixteen lanes.
  static HWY_INLINE void widen_keys(const element* from, std::size_t n, std::size_t base,
                                    std::size_t positions, float* to) {
    HWY_ALIGN float unit[key_tile * lanes] = {};
    for (std::size_t j = 0; j < positions; j += key_tile)
      for (std::size_t i = 0; i < ceil_div(n, lanes); ++i) {
        for (std::size_t l = 0; l < min_of(key_tile, positions - j); ++l)
          widen(from, n, base + j + l, i, unit + l * lanes);
        transpose(unit, lanes, to + (j / key_tile * n + i * lanes) * key_tile, key_tile);
      }
  }

 private:
  static HWY_INLINE void widen(const element* from, std::size_t n, std::size_t position,
                               std::size_t i, float* to) {
    if (position == 0)
      widen_unit<Format::first_bits>(from, i, to);
    else
      widen_unit<Format::bits>(from + Format::offset(position, n), i, to);
  }
};

template <class Format>
static HWY_NOINLINE void attend_coded(const attention_job& a) noexcept {
  running_attention<coded_order<Format>> work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
