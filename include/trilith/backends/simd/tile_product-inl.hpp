// A fragment of kernels-inl.hpp: products of matrices whose operands are rounded to bfloat16, with
// AMX.
#include <trilith/backends/simd/tile_panels-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

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
