// A fragment of kernels-inl.hpp: a part of a float matrix as blocks of sixteen lanes, each of which
// is one panel of sixteen or several narrower ones:
//
//     blocks[lane / 16][lane % 16 / width][step][width], the gaps filled with zeros
//
// A lane is a row of the left matrix of a product or a column of the right one. A kernel reads
// panels of as many lanes as it takes at once, so that each line of the cache is read once.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// `count` lanes of `depth` values, value k of lane i at data[i * lane + k * step].
struct lane_source {
  const float* data;
  std::size_t lane, step;
  std::size_t count, depth;
};

/// A block of sixteen lanes in panels of `Width`.
template <std::size_t Width>
struct lane_block {
  float* first;
  std::size_t steps;  ///< of a panel

  /// The same without the steps before k.
  [[nodiscard]] HWY_INLINE lane_block from(std::size_t k) const {
    return {first + k * Width, steps};
  }
  [[nodiscard]] HWY_INLINE float* at(std::size_t k, std::size_t lane) const {
    return first + lane / Width * steps * Width + k * Width + lane % Width;
  }
  /// v, some lanes of step k.
  template <class D>
  HWY_INLINE void store(D d, hn::Vec<D> v, std::size_t k, std::size_t lane) const {
    if constexpr (hn::MaxLanes(d) <= Width) {
      hn::StoreU(v, d, at(k, lane));
    } else {
      static_assert(hn::MaxLanes(d) == 2 * Width);
      const hn::Half<D> half;
      hn::StoreU(hn::LowerHalf(half, v), half, at(k, lane));
      hn::StoreU(hn::UpperHalf(half, v), half, at(k, lane + Width));
    }
  }
};

/// Steps [first, last) of a block's lanes from `lane` on, one by one.
template <std::size_t Width>
static HWY_NOINLINE void pack_singly(const lane_source& from, std::size_t lane, std::size_t first,
                                     std::size_t last, const lane_block<Width>& block) noexcept {
  const std::size_t count = HWY_MIN(from.count - lane, lanes);
  const float* const data = from.data + lane * from.lane;
  for (std::size_t k = first; k < last; ++k) {
    for (std::size_t i = 0; i < count; ++i) *block.at(k, i) = data[i * from.lane + k * from.step];
    for (std::size_t i = count; i < lanes; ++i) *block.at(k, i) = 0.0f;
  }
}

/// Step k of four blocks from b on, or of fewer.
template <std::size_t Width>
static HWY_INLINE void copy_step(const lane_source& from, std::size_t b, std::size_t end,
                                 std::size_t k, float* blocks) {
  const float* const data = from.data + k * from.step;
  for (; b < end; ++b) {
    const lane_block<Width> block{blocks + b * from.depth * lanes, from.depth};
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < lanes; i += floats_per_vector)
      block.store(f32_tag{}, hn::LoadU(f32_tag{}, data + b * lanes + i), k, i);
  }
}

/// Lanes that lie side by side are copied, a few blocks at a time: more of them, which lie a power
/// of two apart, would drive each other from the first cache.
template <std::size_t Width>
static HWY_NOINLINE void pack_copies(const lane_source& from, float* blocks) noexcept {
  constexpr std::size_t few = 4;
  const std::size_t whole = from.count / lanes;
  for (std::size_t b = 0; b < whole; b += few)
    for (std::size_t k = 0; k < from.depth; ++k)
      copy_step<Width>(from, b, HWY_MIN(b + few, whole), k, blocks);
  if (whole * lanes < from.count)
    pack_singly<Width>(from, whole * lanes, 0, from.depth,
                       {blocks + whole * from.depth * lanes, from.depth});
}

/// Steps that lie side by side are turned over, sixteen at a time.
template <std::size_t Width>
static HWY_NOINLINE void pack_turned(const lane_source& from, float* blocks) noexcept {
  for (std::size_t lane = 0; lane < from.count; lane += lanes) {
    const lane_block<Width> block{blocks + lane * from.depth, from.depth};
    std::size_t k = 0;
    if (lane + lanes <= from.count)
      for (; k + lanes <= from.depth; k += lanes)
        transpose(from.data + lane * from.lane + k, from.lane, block.from(k));
    pack_singly(from, lane, k, from.depth, block);
  }
}

template <std::size_t Width>
static HWY_INLINE void pack_panels(const lane_source& from, float* blocks) {
  if (from.lane == 1) return pack_copies<Width>(from, blocks);
  if (from.step == 1) return pack_turned<Width>(from, blocks);
  for (std::size_t lane = 0; lane < from.count; lane += lanes)
    pack_singly<Width>(from, lane, 0, from.depth, {blocks + lane * from.depth, from.depth});
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
