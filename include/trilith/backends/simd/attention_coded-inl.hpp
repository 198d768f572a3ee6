// A fragment of kernels-inl.hpp: attention over keys and values of kv/coded.hpp, to the bits of
// its plain loops. Few queries multiply floats as they come out of the codes, many a block that was
// widened before.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// h (2 c + 1 - 2^Bits) for codes c, which is exact in float, however it is computed.
template <std::size_t Bits>
struct computed_values {
  f32s double_scale, offset;  ///< 2 h and h (1 - 2^Bits)

  HWY_INLINE computed_values() {}
  HWY_INLINE explicit computed_values(f32s h)
      : double_scale(hn::Add(h, h)),
        offset(hn::Mul(h, hn::Set(f32_tag{}, 1.0f - static_cast<float>(1u << Bits)))) {}

  [[nodiscard]] HWY_INLINE f32s of(u32s codes) const {
    const f32s c = hn::ConvertTo(f32_tag{}, hn::BitCast(i32_tag{}, codes));
    return hn::MulAdd(c, double_scale, offset);
  }
};

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3

/// Codes of up to four bits are looked up in a register; what lies above their bits is not looked
/// at.
template <std::size_t Bits>
inline constexpr bool looked_up = Bits <= 4;

/// 2 c + 1 - 2^Bits for the lowest Bits c of an index of four bits.
template <std::size_t Bits>
struct odd_numbers {
  alignas(64) float of[lanes];
  constexpr odd_numbers() noexcept : of() {
    constexpr std::size_t count = std::size_t{1} << Bits;
    for (std::size_t k = 0; k < lanes; ++k)
      of[k] = static_cast<float>(2 * (k % count) + 1) - static_cast<float>(count);
  }
};
template <std::size_t Bits>
inline constexpr odd_numbers<Bits> odd_table{};

static HWY_INLINE f32s looked_up_in(f32s table, u32s codes) {
  return f32s{_mm512_permutexvar_ps(codes.raw, table.raw)};
}

/// For lanes with scales h of their own.
template <std::size_t Bits>
struct lane_lookup {
  f32s scale;

  HWY_INLINE lane_lookup() {}
  HWY_INLINE explicit lane_lookup(f32s h) : scale(h) {}
  [[nodiscard]] HWY_INLINE f32s of(u32s codes) const {
    return hn::Mul(looked_up_in(hn::Load(f32_tag{}, odd_table<Bits>.of), codes), scale);
  }
};
/// For one scale h.
template <std::size_t Bits>
struct row_lookup {
  f32s table;

  HWY_INLINE explicit row_lookup(f32s h)
      : table(hn::Mul(h, hn::Load(f32_tag{}, odd_table<Bits>.of))) {}
  [[nodiscard]] HWY_INLINE f32s of(u32s codes) const { return looked_up_in(table, codes); }
};

template <std::size_t Bits>
using values_of_lanes =
    std::conditional_t<looked_up<Bits>, lane_lookup<Bits>, computed_values<Bits>>;
template <std::size_t Bits>
using values_of_row = std::conditional_t<looked_up<Bits>, row_lookup<Bits>, computed_values<Bits>>;

#else

template <std::size_t Bits>
inline constexpr bool looked_up = false;
template <std::size_t Bits>
using values_of_lanes = computed_values<Bits>;
template <std::size_t Bits>
using values_of_row = computed_values<Bits>;

#endif

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

/// Some tiles of coded_row<Bits>.
template <std::size_t Bits, std::size_t T>
struct coded_tiles {
  static constexpr std::size_t vectors = T * vectors_per_sum, unit = kv::code_unit<Bits>::bytes;
  const unsigned char* codes;
  std::size_t tile_bytes;
  values_of_lanes<Bits> values[vectors];

  HWY_INLINE coded_tiles(const unsigned char* at, std::size_t bytes)
      : codes(at + key_tile * sizeof(float16)), tile_bytes(bytes) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto* const scales =
          reinterpret_cast<const float16*>(at + v / vectors_per_sum * tile_bytes);
      values[v] =
          values_of_lanes<Bits>(load_floats(scales + v % vectors_per_sum * floats_per_vector));
    }
  }
  [[nodiscard]] HWY_INLINE f32s vector(std::size_t v, std::size_t i) const {
    const unsigned char* const units =
        codes + v / vectors_per_sum * tile_bytes + i / lanes * key_tile * unit;
    return values[v].of(
        codes_of_positions<Bits>(units, v % vectors_per_sum * floats_per_vector, i % lanes));
  }
};

/// Keys as kv::coded has them, behind its front.
template <std::size_t Bits>
struct coded_keys {
  const unsigned char* at;
  std::size_t n, width;

  HWY_INLINE coded_keys(const unsigned char* keys, std::size_t head_dim)
      : at(keys), n(head_dim), width(kv::coded_row<Bits>::bytes(head_dim)) {}
  [[nodiscard]] HWY_INLINE coded_keys from(std::size_t position) const {
    coded_keys k = *this;
    k.at += position * width;
    return k;
  }
  template <std::size_t T>
  [[nodiscard]] HWY_INLINE coded_tiles<Bits, T> tiles() const {
    return coded_tiles<Bits, T>(at, key_tile * width);
  }
};

/// One row of coded_row<Bits>.
template <std::size_t Bits>
struct coded_floats {
  const unsigned char* units;
  values_of_row<Bits> values;

  /// @param first  a multiple of floats_per_vector: vector(0) begins there
  HWY_INLINE coded_floats(const unsigned char* row, std::size_t first)
      : units(row + sizeof(float16)),
        values(hn::Set(f32_tag{}, to_float(word_at<float16>(row)))),
        at(first) {}
  [[nodiscard]] HWY_INLINE f32s vector(std::size_t v) const {
    const std::size_t i = at + v * floats_per_vector;
    return values.of(
        codes_of_unit<Bits>(units + i / lanes * kv::code_unit<Bits>::bytes, i % lanes));
  }

 private:
  std::size_t at;
};

/// Values as kv::coded has them, behind its front.
template <std::size_t Bits>
struct coded_rows {
  const unsigned char* at;
  std::size_t width, first = 0;

  HWY_INLINE coded_rows(const unsigned char* values, std::size_t head_dim)
      : at(values), width(kv::coded_row<Bits>::bytes(head_dim)) {}
  [[nodiscard]] HWY_INLINE coded_rows from(std::size_t i) const {
    coded_rows r = *this;
    r.first += i;
    return r;
  }
  [[nodiscard]] HWY_INLINE coded_floats<Bits> of(std::size_t position) const {
    return coded_floats<Bits>(at + position * width, first);
  }
};

/// The blocked order over rows of Format, a kv::coded.
template <class Format>
struct coded_order : fused_order {
  using element = unsigned char;
  static constexpr bool first_is_wider = Format::first_is_wider;
  static constexpr std::size_t bits = Format::bits;
  static HWY_INLINE std::size_t front(std::size_t n) { return Format::front(n); }
  static HWY_INLINE std::size_t key_width(std::size_t n) { return Format::row::bytes(n); }
  static HWY_INLINE std::size_t value_width(std::size_t n) { return Format::row::bytes(n); }

  using fused_order::mix, fused_order::score;
  template <std::size_t R, class Ahead>
  static HWY_INLINE void score(const query_rows<R>& rows, const element* keys, std::size_t n,
                               std::size_t count, float* scores, const Ahead& ahead) {
    const f32s scale = hn::Set(f32_tag{}, 1.0f / square_root(static_cast<float>(n)));
    score_rows<R, fused_sums>(rows, coded_keys<bits>(keys, n), count, scale, scores,
                              attention_block, ahead);
  }
  template <std::size_t R, class Ahead>
  static HWY_INLINE void mix(const element* values, std::size_t n, std::size_t count,
                             const float* p, const float* shrink, float* mixed, std::size_t width,
                             const Ahead& ahead) {
    mix_rows<R, fused_sums>(coded_rows<bits>(values, n), count, p, attention_block, shrink, mixed,
                            width, ahead);
  }

  static HWY_INLINE void widen_keys(const element* from, std::size_t n, std::size_t base,
                                    std::size_t positions, float* to) {
    const coded_keys<bits> keys(from + front(n) + base * key_width(n), n);
    for (std::size_t j = 0; j < positions; j += key_tile) {
      const auto tile = keys.from(j).template tiles<1>();
      for (std::size_t i = 0; i < n; ++i) {
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < vectors_per_sum; ++v)
          hn::StoreU(tile.vector(v, i), f32_tag{},
                     to + j * n + i * key_tile + v * floats_per_vector);
      }
    }
    if (first_is_wider && base == 0)
      for (std::size_t i = 0; i < n; ++i) to[i * key_tile] = Format::first_row::get(from, i);
  }
  static HWY_INLINE void widen_values(const element* from, std::size_t n, std::size_t base,
                                      std::size_t positions, float* to) {
    const coded_rows<bits> values(from + front(n) + base * value_width(n), n);
    for (std::size_t j = 0; j < positions; ++j) {
      const auto row = values.of(j);
      for (std::size_t i = 0; i < n; i += floats_per_vector)
        hn::StoreU(row.vector(i / floats_per_vector), f32_tag{}, to + j * n + i);
    }
    if (first_is_wider && base == 0)
      for (std::size_t i = 0; i < n; ++i) to[i] = Format::first_row::get(from, i);
  }
};

template <class Format>
static HWY_NOINLINE void attend_coded(const attention_job& a) noexcept {
  running_attention<coded_order<Format>> work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
