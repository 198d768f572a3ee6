// A fragment of kernels-inl.hpp: matrices rounded to bfloat16, as tiles of AMX: of 16 rows and 32
// steps of the left matrix of a product, of 16 pairs of steps and 16 columns of the right one,
//
//     left[row / 16][step / 32][16][32]      right[column / 16][step / 32][16][16][2]
//
// the gaps filled with zeros.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

inline constexpr std::size_t tile_steps = bf16_limits::tile_steps, tile_floats = 16 * lanes;

/// bf16_operand() of 16 values and of 16 more, which follow them.
static HWY_INLINE __m512i narrowed(__m512 low, __m512 high) {
  const __m512 least = _mm512_set1_ps(bf16_limits::smallest);
  const auto kept = [&](__m512 v) HWY_ATTR {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(v), least, _CMP_NLT_UQ), v);
  };
  __m512i both;
  __asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(both) : "v"(kept(low)), "v"(kept(high)));
  return both;
}

/// A block of up to 16 lanes and 32 steps, as floats: one lane after another, or one step.
struct tile_source {
  HWY_ALIGN float floats[16 * tile_steps];

  /// [lane][step]
  HWY_INLINE void lanes_of(const lane_source& from, std::size_t lane, std::size_t step) {
    const std::size_t count = HWY_MIN(from.count - lane, lanes);
    const std::size_t steps = HWY_MIN(from.depth - step, tile_steps);
    const float* const data = from.data + lane * from.lane + step * from.step;
    if (from.lane == 1 && count == lanes && steps == tile_steps) {
      transpose(data, from.step, floats, tile_steps);
      transpose(data + lanes * from.step, from.step, floats + lanes, tile_steps);
    } else {
      __builtin_memset(floats, 0, sizeof(floats));
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < steps; ++k)
          floats[i * tile_steps + k] = data[i * from.lane + k * from.step];
    }
  }
  /// [step][lane]
  HWY_INLINE void steps_of(const lane_source& from, std::size_t lane, std::size_t step) {
    const std::size_t count = HWY_MIN(from.count - lane, lanes);
    const std::size_t steps = HWY_MIN(from.depth - step, tile_steps);
    const float* const data = from.data + lane * from.lane + step * from.step;
    if (from.step == 1 && count == lanes && steps == tile_steps) {
      transpose(data, from.lane, floats, lanes);
      transpose(data + lanes, from.lane, floats + tile_floats, lanes);
    } else {
      __builtin_memset(floats, 0, sizeof(floats));
      for (std::size_t k = 0; k < steps; ++k)
        for (std::size_t i = 0; i < count; ++i)
          floats[k * lanes + i] = data[i * from.lane + k * from.step];
    }
  }
};

/// A tile of the left matrix from 16 rows of 32 floats, `stride` apart.
static HWY_INLINE void narrow_rows(const float* from, std::size_t stride, float* tile) {
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < 16; ++i, from += stride)
    _mm512_store_si512(tile + i * lanes,
                       narrowed(_mm512_loadu_ps(from), _mm512_loadu_ps(from + lanes)));
}

/// A tile of the right matrix from 32 steps of 16 floats, `stride` apart.
static HWY_INLINE void narrow_steps(const float* from, std::size_t stride, float* tile) {
  HWY_ALIGN static constexpr std::uint16_t side_by_side[32] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i pairs = _mm512_load_si512(side_by_side);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < 16; ++i, from += 2 * stride)
    _mm512_store_si512(tile + i * lanes,
                       _mm512_permutexvar_epi16(
                           pairs, narrowed(_mm512_loadu_ps(from), _mm512_loadu_ps(from + stride))));
}

/// A tile of the left matrix, from where its block begins.
struct left_tiles {
  static HWY_INLINE void pack(const lane_source& from, std::size_t lane, std::size_t k, bool whole,
                              float* tile) {
    if (whole && from.step == 1)
      return narrow_rows(from.data + lane * from.lane + k, from.lane, tile);
    tile_source some;
    some.lanes_of(from, lane, k);
    narrow_rows(some.floats, tile_steps, tile);
  }
};

/// And of the right one.
struct right_tiles {
  static HWY_INLINE void pack(const lane_source& from, std::size_t lane, std::size_t k, bool whole,
                              float* tile) {
    if (whole && from.lane == 1)
      return narrow_steps(from.data + lane + k * from.step, from.step, tile);
    tile_source some;
    some.steps_of(from, lane, k);
    narrow_steps(some.floats, lanes, tile);
  }
};

/// In the order in which the values lie, so that the processor sees which lines come next (half as
/// fast again for rows of 2560 floats).
template <class Tiles>
static HWY_NOINLINE void pack_tiles(const lane_source& from, float* tiles) noexcept {
  const std::size_t across = ceil_div(from.count, lanes), deep = ceil_div(from.depth, tile_steps);
  const bool side_by_side = from.lane == 1;
  for (std::size_t i = 0; i < across * deep; ++i) {
    const std::size_t l = side_by_side ? i % across : i / deep;
    const std::size_t k = side_by_side ? i / across : i % deep;
    const bool whole = (l + 1) * lanes <= from.count && (k + 1) * tile_steps <= from.depth;
    Tiles::pack(from, l * lanes, k * tile_steps, whole, tiles + (l * deep + k) * tile_floats);
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
