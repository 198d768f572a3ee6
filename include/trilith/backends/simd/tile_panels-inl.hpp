// A fragment of kernels-inl.hpp: matrices rounded to bfloat16, as tiles of AMX: of 16 rows and 32
// steps of the left matrix of a product, of 16 pairs of steps and 16 columns of the right one,
//
//     left[row / 16][step / 32][16][32]      right[column / 16][step / 32][16][16][2]
//
// the gaps filled with zeros.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

inline constexpr std::size_t tile_steps = bf16_limits::tile_steps, tile_floats = 16 * lanes;

/// A block of up to 16 lanes and 32 steps as floats, filled up with zeros.
struct tile_source {
  HWY_ALIGN float floats[16 * tile_steps];

  /// [lane][step]
  HWY_INLINE void lanes_of(const lane_source& from, std::size_t lane, std::size_t step) {
    const float* const data = from.data + lane * from.lane + step * from.step;
    if (from.lane != 1 || !is_whole(from, lane, step)) return copy(from, lane, step, tile_steps, 1);
    transpose(data, from.step, floats, tile_steps);
    transpose(data + lanes * from.step, from.step, floats + lanes, tile_steps);
  }
  /// [step][lane]
  HWY_INLINE void steps_of(const lane_source& from, std::size_t lane, std::size_t step) {
    const float* const data = from.data + lane * from.lane + step * from.step;
    if (from.step != 1 || !is_whole(from, lane, step)) return copy(from, lane, step, 1, lanes);
    transpose(data, from.lane, floats, lanes);
    transpose(data + lanes, from.lane, floats + tile_floats, lanes);
  }
  [[nodiscard]] static HWY_INLINE bool is_whole(const lane_source& from, std::size_t lane,
                                                std::size_t step) {
    return from.count - lane >= lanes && from.depth - step >= tile_steps;
  }

 private:
  /// Value k of lane i goes to floats[i * to_lane + k * to_step].
  HWY_NOINLINE void copy(const lane_source& from, std::size_t lane, std::size_t step,
                         std::size_t to_lane, std::size_t to_step) noexcept {
    const std::size_t count = HWY_MIN(from.count - lane, lanes);
    const std::size_t steps = HWY_MIN(from.depth - step, tile_steps);
    const float* const data = from.data + lane * from.lane + step * from.step;
    __builtin_memset(floats, 0, sizeof(floats));
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < steps; ++k)
        floats[i * to_lane + k * to_step] = data[i * from.lane + k * from.step];
  }
};

static HWY_INLINE __m512 operands_at(const float* from) {
  return kept_operands(_mm512_loadu_ps(from));
}

/// A tile of the left matrix from 16 rows of 32 floats, `stride` apart.
static HWY_INLINE void narrow_rows(const float* from, std::size_t stride, float* tile) {
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < 16; ++i, from += stride)
    _mm512_store_si512(tile + i * lanes, narrowed(operands_at(from), operands_at(from + lanes)));
}

/// A tile of the right matrix from 32 steps of 16 floats, `stride` apart.
static HWY_INLINE void narrow_steps(const float* from, std::size_t stride, float* tile) {
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < 16; ++i, from += 2 * stride)
    _mm512_store_si512(tile + i * lanes,
                       narrowed_pairs(operands_at(from), operands_at(from + stride)));
}

/// A tile of the left matrix, from where its block begins.
struct left_tiles {
  static HWY_INLINE void pack(const lane_source& from, std::size_t lane, std::size_t k,
                              float* tile) {
    if (from.step == 1 && tile_source::is_whole(from, lane, k))
      return narrow_rows(from.data + lane * from.lane + k, from.lane, tile);
    tile_source some;
    some.lanes_of(from, lane, k);
    narrow_rows(some.floats, tile_steps, tile);
  }
};

/// And of the right one.
struct right_tiles {
  static HWY_INLINE void pack(const lane_source& from, std::size_t lane, std::size_t k,
                              float* tile) {
    if (from.lane == 1 && tile_source::is_whole(from, lane, k))
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
    Tiles::pack(from, l * lanes, k * tile_steps, tiles + (l * deep + k) * tile_floats);
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
