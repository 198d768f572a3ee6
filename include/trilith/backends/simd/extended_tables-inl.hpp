// A fragment of kernels-inl.hpp: from the table of an instruction set to that of an extension.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

#if TRILITH_SIMD_LANES

/// Other products for many tokens, which are the faster ones from `from` tokens on.
template <class Tiles>
[[maybe_unused]] static constexpr kernel_table with_batch(kernel_table t, std::size_t from) {
  const product_fn batch[] = {
      &multiply_batch<packing::bits1, Tiles>, &multiply_batch<packing::bits2, Tiles>,
      &multiply_batch<packing::base3, Tiles>, &multiply_batch<packing::bits4, Tiles>,
      &multiply_batch<packing::bits8, Tiles>};
  for (std::size_t i = 0; i < 5; ++i) t.batch[i] = batch[i];
  t.batch_from = from;
  return t;
}

#if TRILITH_SIMD_DOTS
/// Products with dot products. For a few tokens bits4, which few use, keeps those it has.
[[maybe_unused]] static constexpr kernel_table with_dots(kernel_table t, std::size_t batch_from) {
  t.int8[0] = &multiply_few<packing::bits1>;
  t.int8[1] = &multiply_few<packing::bits2>;
  t.int8[2] = &multiply_few<packing::base3>;
  t.int8[4] = &multiply_few<packing::bits8>;
  t.listed[0] = &multiply_listed<packing::bits1>;
  t.listed[1] = &multiply_listed<packing::bits2>;
  t.listed[2] = &multiply_listed<packing::base3>;
  t.listed[4] = &multiply_listed<packing::bits8>;
  return with_batch<lane_tiles>(t, batch_from);
}
#endif

#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
