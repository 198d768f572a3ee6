// A fragment of kernels-inl.hpp: gradients in int8 halves, as the panels of kernel_table.hpp hold
// them. Sixteen lanes lie side by side in vectors of 32-bit integers: four values of a lane are
// the four bytes of one of them, so that nothing is moved from lane to lane.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// What is known of sixteen lanes, a vector of each `lanes / floats_per_vector` times.
struct split_state {
  i32s top[vectors_per_sum];    ///< the largest magnitude so far, as bits: NaN is above all others
  i32s upper[vectors_per_sum];  ///< sums of the upper halves
  i32s whole[vectors_per_sum];  ///< sums of both, wrapping around

  HWY_INLINE split_state() {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors_per_sum; ++v)
      top[v] = upper[v] = whole[v] = hn::Zero(i32_tag{});
  }
};

static HWY_INLINE f32s split_value(const float* packed, const float* factors, std::size_t k,
                                   std::size_t v) {
  const f32s value = hn::LoadU(f32_tag{}, packed + k * lanes + v * floats_per_vector);
  return factors == nullptr ? value : hn::Mul(value, hn::Set(f32_tag{}, factors[k]));
}

/// packed: [depth][16]
static HWY_NOINLINE void raise_tops(split_state& s, const float* packed, std::size_t depth,
                                    const float* factors) noexcept {
  const i32s magnitude = hn::Set(i32_tag{}, 0x7FFFFFFF);
  for (std::size_t k = 0; k < depth; ++k) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors_per_sum; ++v)
      s.top[v] = hn::Max(
          s.top[v], hn::And(hn::BitCast(i32_tag{}, split_value(packed, factors, k, v)), magnitude));
  }
}

/// Up to four values of the lanes of vector v, as a dword of upper halves and one of lower halves.
static HWY_INLINE void split_four(split_state& s, const float* packed, const float* factors,
                                  std::size_t count, std::size_t v, f32s multiplier,
                                  std::int8_t* upper, std::int8_t* lower) {
  const i32_tag d;
  const i32s byte = hn::Set(d, 255), half = hn::Set(d, 128);
  i32s high = hn::Zero(d), low = hn::Zero(d);
  HWY_UNROLL(4)
  for (std::size_t k = 0; k < 4; ++k) {
    if (k >= count) break;
    const i32s both = hn::NearestInt(hn::Mul(split_value(packed, factors, k, v), multiplier));
    const i32s up = hn::ShiftRight<8>(hn::Add(both, half));
    s.whole[v] = hn::Add(s.whole[v], both);
    s.upper[v] = hn::Add(s.upper[v], up);
    const int bits = static_cast<int>(8 * k);
    high = hn::Or(high, hn::ShiftLeftSame(hn::And(up, byte), bits));
    low = hn::Or(low, hn::ShiftLeftSame(hn::And(both, byte), bits));
  }
  hn::StoreU(high, d, reinterpret_cast<std::int32_t*>(upper) + v * floats_per_vector);
  hn::StoreU(low, d, reinterpret_cast<std::int32_t*>(lower) + v * floats_per_vector);
}

/// packed: [depth][16], into the panel's two groups from value `first` on.
static HWY_NOINLINE void split_packed(split_state& s, const float* packed, std::size_t depth,
                                      const float* factors, const f32s* multipliers,
                                      std::int8_t* upper, std::int8_t* lower) noexcept {
  for (std::size_t k = 0; k < depth; k += 4) {
    const float* const f = factors == nullptr ? nullptr : factors + k;
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors_per_sum; ++v)
      if (depth - k >= 4)
        split_four(s, packed + k * lanes, f, 4, v, multipliers[v], upper, lower);
      else
        split_four(s, packed + k * lanes, f, depth - k, v, multipliers[v], upper, lower);
    upper += 4 * panel_tokens;
    lower += 4 * panel_tokens;
  }
}

/// Scales, and what the values are multiplied by.
static HWY_INLINE void split_scales(const split_state& s, f32s* multipliers, float* scales) {
  const f32_tag d;
  const f32s most = hn::Set(d, split_limits::most);
  const i32s least = hn::BitCast(i32_tag{}, hn::Set(d, split_limits::smallest));
  HWY_UNROLL(4)
  for (std::size_t v = 0; v < vectors_per_sum; ++v) {
    const f32s magnitude = hn::BitCast(d, hn::Max(s.top[v], least));
    multipliers[v] = hn::Div(most, magnitude);
    hn::StoreU(hn::Div(magnitude, most), d, scales + v * floats_per_vector);
  }
}

static HWY_INLINE void split_sums(const split_state& s, std::int32_t* sums) {
  HWY_ALIGN std::int32_t upper[lanes], whole[lanes];
  HWY_UNROLL(4)
  for (std::size_t v = 0; v < vectors_per_sum; ++v) {
    hn::Store(s.upper[v], i32_tag{}, upper + v * floats_per_vector);
    hn::Store(hn::Sub(s.whole[v], hn::ShiftLeft<8>(s.upper[v])), i32_tag{},
              whole + v * floats_per_vector);
  }
  for (std::size_t i = 0; i < lanes; ++i) sums[2 * i] = upper[i], sums[2 * i + 1] = whole[i];
}

/// The split of gradient_kernels.
static void split_gradients(const split_source& g, const split_lanes& to, float* memory) noexcept {
  const std::size_t width = round_up(g.depth, panel_values), most = split_limits::depth;
  const auto pack = [&](std::size_t k, std::size_t depth) {
    pack_panels<lanes>({g.data + k * g.step, g.lane, g.step, g.count, depth}, memory);
  };
  const auto factors = [&](std::size_t k) {
    return g.factors == nullptr ? nullptr : g.factors + k;
  };
  split_state s;
  for (std::size_t k = 0; k < g.depth; k += most) {
    const std::size_t depth = HWY_MIN(g.depth - k, most);
    pack(k, depth);
    raise_tops(s, memory, depth, factors(k));
  }
  f32s multipliers[vectors_per_sum];
  split_scales(s, multipliers, to.scales);
  std::int8_t* const lower = to.panel + width * panel_tokens;
  for (std::size_t k = 0; k < g.depth; k += most) {
    const std::size_t depth = HWY_MIN(g.depth - k, most);
    if (g.depth > most) pack(k, depth);  // otherwise all of it still lies there
    split_packed(s, memory, depth, factors(k), multipliers, to.panel + k * panel_tokens,
                 lower + k * panel_tokens);
  }
  const std::size_t end = round_up(g.depth, std::size_t{4});
  for (std::int8_t* const half : {to.panel, lower})
    __builtin_memset(half + end * panel_tokens, 0, (width - end) * panel_tokens);
  split_sums(s, to.sums);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
