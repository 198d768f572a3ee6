// A fragment of kernels-inl.hpp: what is computed on single rows of floats, to the bits of
// scalar_rows.hpp. Rows are taken sixteen values at a time; the end of a row is taken from, and
// goes back through, sixteen values filled up with zeros.
#include <trilith/backends/simd/row_sums-inl.hpp>

#include <trilith/backends/simd/row_int8-inl.hpp>

#include <trilith/backends/simd/row_int4-inl.hpp>

#include <trilith/backends/simd/row_largest-inl.hpp>

#include <trilith/backends/simd/exponential-inl.hpp>

#include <trilith/backends/simd/gates-inl.hpp>

#include <trilith/backends/simd/rotary-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

static void row_add(float* h, const float* y, std::size_t n) noexcept {
  const f32_tag d;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    HWY_UNROLL(4)
    for (std::size_t k = i; k < i + lanes; k += floats_per_vector)
      hn::StoreU(hn::Add(hn::LoadU(d, h + k), hn::LoadU(d, y + k)), d, h + k);
  }
  for (; i < n; ++i) h[i] += y[i];
}

[[maybe_unused]] static constexpr row_kernels rows_table{TRILITH_SIMD_NAME,
                                                         &row_sum_of_squares,
                                                         &row_scale,
                                                         &row_quantize,
                                                         &row_quantize_int4,
                                                         &row_keep_largest,
                                                         &row_scale_and_quantize,
                                                         &row_sum_groups,
                                                         &row_gate<relu_squared_gate>,
                                                         &row_gate<silu_gate>,
                                                         &row_add,
                                                         &row_turn<half_split_pairs>,
                                                         &row_turn<interleaved_pairs>};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
