// A fragment of kernels-inl.hpp: products of matrices whose operands are rounded to bfloat16, with
// AMX. Tiles of 16 rows and 32 steps of the left matrix meet tiles of 16 pairs of steps and 16
// columns of the right one:
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

/// R times C tiles of outputs; what follows a tile of the same rows or columns is `next` floats on.
template <int R, int C>
struct tile_outputs {
  static HWY_INLINE void add(const float* left, const float* right, std::size_t next, float* out,
                             std::size_t stride, bool clear) {
    for_each([&]<int Tile>() HWY_ATTR {
      if (clear)
        tile_zero<Tile>();
      else
        tile_load<Tile>(at<Tile>(out, stride), stride * sizeof(float));
    });
    for (std::size_t k = 0; k < next; k += tile_floats) {
      tile_load<4>(left + k);
      tile_load<6>(right + k);
      tile_bf16_dots<0, 4, 6>();
      if constexpr (C == 2) {
        tile_load<7>(right + next + k);
        tile_bf16_dots<1, 4, 7>();
      }
      if constexpr (R == 2) {
        tile_load<5>(left + next + k);
        tile_bf16_dots<2, 5, 6>();
      }
      if constexpr (R == 2 && C == 2) tile_bf16_dots<3, 5, 7>();
    }
    for_each([&]<int Tile>()
                 HWY_ATTR { tile_store<Tile>(at<Tile>(out, stride), stride * sizeof(float)); });
  }

 private:
  template <int Tile>
  static HWY_INLINE float* at(float* out, std::size_t stride) {
    return out + Tile / 2 * 16 * stride + Tile % 2 * lanes;
  }
  template <class F>
  static HWY_INLINE void for_each(const F& f) {
    f.template operator()<0>();
    if constexpr (C == 2) f.template operator()<1>();
    if constexpr (R == 2) f.template operator()<2>();
    if constexpr (R == 2 && C == 2) f.template operator()<3>();
  }
};

/// Where a few tiles of a product lie.
struct tile_part {
  const float *left, *right;
  std::size_t next;  ///< floats from one tile of rows, or of columns, to the next
  float* out;
  std::size_t stride;
  bool clear;
};

static HWY_INLINE void add_tiles(const tile_part& p, bool two_down, bool two_across) {
  if (two_down && two_across)
    tile_outputs<2, 2>::add(p.left, p.right, p.next, p.out, p.stride, p.clear);
  else if (two_down)
    tile_outputs<2, 1>::add(p.left, p.right, p.next, p.out, p.stride, p.clear);
  else if (two_across)
    tile_outputs<1, 2>::add(p.left, p.right, p.next, p.out, p.stride, p.clear);
  else
    tile_outputs<1, 1>::add(p.left, p.right, p.next, p.out, p.stride, p.clear);
}

/// `rows` and `cols` outputs are there, fewer than the tiles have.
static HWY_NOINLINE void add_tile_edge(tile_part p, std::size_t rows, std::size_t cols) noexcept {
  constexpr std::size_t side = 2 * lanes;
  HWY_ALIGN float part[side * side] = {};
  for (std::size_t r = 0; !p.clear && r < rows; ++r)
    __builtin_memcpy(part + r * side, p.out + r * p.stride, cols * sizeof(float));
  float* const out = p.out;
  const std::size_t stride = p.stride;
  p.out = part;
  p.stride = side;
  add_tiles(p, rows > lanes, cols > lanes);
  for (std::size_t r = 0; r < rows; ++r)
    __builtin_memcpy(out + r * stride, part + r * side, cols * sizeof(float));
}

/// The multiply_bf16_tiles of gradient_kernels.
static HWY_NOINLINE void multiply_tiles(const float_product& p, float* memory) noexcept {
  constexpr std::size_t most = 2 * float_tile_limits::depth, side = 2 * lanes;
  static_assert(most % tile_steps == 0);
  if (p.depth == 0 && !p.adds)
    for (std::size_t m = 0; m < p.rows; ++m)
      for (std::size_t n = 0; n < p.cols; ++n) p.out[m * p.out_stride + n] = 0.0f;
  const tile_session open;
  for (std::size_t k = 0; k < p.depth; k += most) {
    const std::size_t depth = HWY_MIN(p.depth - k, most);
    const std::size_t next = ceil_div(depth, tile_steps) * tile_floats;
    float* const right = memory + ceil_div(p.rows, lanes) * next;
    pack_tiles<left_tiles>({p.left + k * p.left_step, p.left_row, p.left_step, p.rows, depth},
                           memory);
    pack_tiles<right_tiles>({p.right + k * p.right_step, p.right_col, p.right_step, p.cols, depth},
                            right);
    for (std::size_t n = 0; n < p.cols; n += side)
      for (std::size_t m = 0; m < p.rows; m += side) {
        const std::size_t rows = HWY_MIN(p.rows - m, side), cols = HWY_MIN(p.cols - n, side);
        const tile_part part{memory + m / lanes * next,
                             right + n / lanes * next,
                             next,
                             p.out + m * p.out_stride + n,
                             p.out_stride,
                             k == 0 && !p.adds};
        if (rows % lanes == 0 && cols % lanes == 0)
          add_tiles(part, rows == side, cols == side);
        else
          add_tile_edge(part, rows, cols);
      }
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
