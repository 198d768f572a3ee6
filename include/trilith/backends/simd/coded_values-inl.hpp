// A fragment of kernels-inl.hpp: the floats that codes of kv/coded.hpp stand for.
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

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
