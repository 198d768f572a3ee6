// A fragment of kernels-inl.hpp: products of two matrices, block by block: packed, then multiplied
// from panels (outer_sums-inl.hpp).
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// All outputs of a product for `depth` steps; the right matrix's few panels stay in the first
/// cache while all rows pass by.
template <class Step>
static HWY_INLINE void add_panels(const float_product& p, const float* left, const float* right,
                                  std::size_t depth, bool clear) {
  constexpr std::size_t width = outer_panels * lanes;
  for (std::size_t n = 0; n < p.cols; n += width) {
    const std::size_t cols = HWY_MIN(p.cols - n, width), panels = ceil_div(cols, lanes);
    for (std::size_t m = 0; m < p.rows; m += outer_rows) {
      const std::size_t rows = HWY_MIN(p.rows - m, outer_rows);
      const outer_part part{left + m / left_lanes * left_lanes * depth + m % left_lanes,
                            right + n * depth,
                            depth * lanes,
                            depth,
                            p.out + m * p.out_stride + n,
                            p.out_stride,
                            clear};
      if (rows == outer_rows && cols == panels * lanes)
        add_outer_of<Step>(panels, part);
      else
        add_outer_edge<Step>(panels, part, rows, cols);
    }
  }
}

/// How the operands of multiply_floats become panels.
struct as_floats {
  using step = float_steps;
  template <std::size_t Width>
  static HWY_INLINE void pack(const lane_source& from, float, float* blocks) {
    pack_panels<Width>(from, blocks);
  }
};

/// The multiply_floats and multiply_bf16 of gradient_kernels. Where the last step of a panel holds
/// fewer products than others, -0 and +0 take their places: that product changes no sum, nor its
/// sign.
template <class Operands>
static HWY_NOINLINE void multiply_matrices(const float_product& p, float* memory) noexcept {
  using step = typename Operands::step;
  if (p.depth == 0 && !p.adds)
    for (std::size_t m = 0; m < p.rows; ++m)
      for (std::size_t n = 0; n < p.cols; ++n) p.out[m * p.out_stride + n] = 0.0f;
  const std::size_t blocks = ceil_div(p.depth, step::products * float_tile_limits::depth);
  for (std::size_t k = 0, depth = 0; k < p.depth; k += depth) {
    depth = HWY_MIN(p.depth - k, round_up(ceil_div(p.depth, blocks), lanes));
    const std::size_t steps = ceil_div(depth, step::products);
    float* const right = memory + round_up(p.rows, lanes) * steps;
    Operands::template pack<left_lanes>(
        {p.left + k * p.left_step, p.left_row, p.left_step, p.rows, depth}, -0.0f, memory);
    Operands::template pack<lanes>(
        {p.right + k * p.right_step, p.right_col, p.right_step, p.cols, depth}, 0.0f, right);
    add_panels<step>(p, memory, right, steps, k == 0 && !p.adds);
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
