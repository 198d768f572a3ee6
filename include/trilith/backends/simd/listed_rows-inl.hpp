// A fragment of kernels-inl.hpp: products of one token with some rows of packed codes.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Asks for a row that is summed soon, which the processor cannot guess, into the first cache or
/// the second.
template <int Locality>
static HWY_INLINE void ask_for_row(const std::uint8_t* row, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 64) __builtin_prefetch(row + i, 0, Locality);
}

/// The sums of up to four listed rows, while later ones come from memory.
template <class P>
static HWY_INLINE void sum_listed(const product& p, const std::uint32_t* rows, std::size_t count,
                                  std::size_t left, const code_run& run, std::int32_t* sums) {
  constexpr std::size_t near = 2, far = 16;
  const auto* const weights = static_cast<const std::uint8_t*>(p.weights);
  i32s totals[4];
  HWY_UNROLL(1)
  for (std::size_t r = 0; r < 4; ++r) {
    if (r + far < left) ask_for_row<2>(weights + rows[r + far] * p.row_bytes, p.row_bytes);
    if (r + near < left) ask_for_row<3>(weights + rows[r + near] * p.row_bytes, p.row_bytes);
    const std::uint8_t* const w[1] = {weights + rows[HWY_MIN(r, count - 1)] * p.row_bytes};
    sum_block<P, 1, 1, false>(w, static_cast<const std::int8_t*>(p.x), p.x_stride, run, p.cols,
                              totals + r, std::index_sequence<0>{});
  }
  store_sums(totals[0], totals[1], totals[2], totals[3], sums);
}

/// The `listed` of kernel_table.
template <class P>
static void multiply_listed(const product& p, std::size_t first, std::size_t last) noexcept {
  const code_run run(HWY_MIN(p.cols, part_codes<P>), P::block);
  const auto offset = static_cast<std::uint32_t>(P::offset * p.x_sums[0]);
  HWY_ALIGN std::int32_t sums[4];
  for (std::size_t i = first; i < last; i += 4) {
    const std::uint32_t* const rows = p.only + i;
    const std::size_t count = HWY_MIN(last - i, std::size_t{4});
    sum_listed<P>(p, rows, count, last - i, run, sums);
    for (std::size_t r = 0; r < count; ++r) {
      const std::uint32_t sum = P::step * static_cast<std::uint32_t>(sums[r]) + offset;
      const float scale = p.scales[rows[r] * p.scale_row] * p.x_scales[0];
      p.y[rows[r]] = static_cast<float>(static_cast<std::int32_t>(sum)) * scale + 0.0f;
    }
  }
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
