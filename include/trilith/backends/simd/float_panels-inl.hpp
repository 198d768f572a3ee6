// A fragment of kernels-inl.hpp: a part of a float matrix as panels of sixteen lanes:
//
//     panels[lane / 16][step][16], the gaps filled with zeros
//
// A lane is a row of the left matrix of a product or a column of the right one.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// `count` lanes of `depth` values, value k of lane i at data[i * lane + k * step].
struct lane_source {
  const float* data;
  std::size_t lane, step;
  std::size_t count, depth;
};

/// Values [first, last) of the lanes of panel p, one by one.
static HWY_NOINLINE void pack_singly(const lane_source& from, std::size_t p, std::size_t first,
                                     std::size_t last, float* panel) noexcept {
  const std::size_t count = HWY_MIN(from.count - p * lanes, lanes);
  const float* const data = from.data + p * lanes * from.lane;
  for (std::size_t k = first; k < last; ++k) {
    float* const to = panel + k * lanes;
    for (std::size_t i = 0; i < count; ++i) to[i] = data[i * from.lane + k * from.step];
    for (std::size_t i = count; i < lanes; ++i) to[i] = 0.0f;
  }
}

/// Step k of four panels from p on, or of fewer.
static HWY_INLINE void copy_step(const lane_source& from, std::size_t p, std::size_t end,
                                 std::size_t k, float* panels) {
  const float* const data = from.data + k * from.step;
  for (; p < end; ++p) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < lanes; i += floats_per_vector)
      hn::StoreU(hn::LoadU(f32_tag{}, data + p * lanes + i), f32_tag{},
                 panels + (p * from.depth + k) * lanes + i);
  }
}

/// Lanes that lie side by side are copied, a few panels at a time: more of them, which lie a power
/// of two apart, would drive each other from the first cache.
static HWY_NOINLINE void pack_copies(const lane_source& from, float* panels) noexcept {
  constexpr std::size_t few = 4;
  const std::size_t whole = from.count / lanes;
  for (std::size_t p = 0; p < whole; p += few)
    for (std::size_t k = 0; k < from.depth; ++k)
      copy_step(from, p, HWY_MIN(p + few, whole), k, panels);
  if (whole * lanes < from.count)
    pack_singly(from, whole, 0, from.depth, panels + whole * from.depth * lanes);
}

/// Steps that lie side by side are turned over, sixteen at a time.
static HWY_NOINLINE void pack_turned(const lane_source& from, float* panels) noexcept {
  for (std::size_t p = 0; p * lanes < from.count; ++p) {
    float* const panel = panels + p * from.depth * lanes;
    std::size_t k = 0;
    if ((p + 1) * lanes <= from.count)
      for (; k + lanes <= from.depth; k += lanes)
        transpose(from.data + p * lanes * from.lane + k, from.lane, panel + k * lanes, lanes);
    pack_singly(from, p, k, from.depth, panel);
  }
}

static HWY_INLINE void pack_panels(const lane_source& from, float* panels) {
  if (from.lane == 1) return pack_copies(from, panels);
  if (from.step == 1) return pack_turned(from, panels);
  for (std::size_t p = 0; p * lanes < from.count; ++p)
    pack_singly(from, p, 0, from.depth, panels + p * from.depth * lanes);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
