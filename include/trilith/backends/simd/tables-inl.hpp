// A fragment of kernels-inl.hpp: the products of an instruction set, in the order of weight_format.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

[[maybe_unused]] static constexpr kernel_table table {
  TRILITH_SIMD_NAME, target::TRILITH_SIMD_ID,
      {&multiply_few<packing::bits1>, &multiply_few<packing::bits2>, &multiply_few<packing::base3>,
       &multiply_few<packing::bits4>, &multiply_few<packing::bits8>},
      {&multiply_float<packing::bits1>, &multiply_float<packing::bits2>,
       &multiply_float<packing::base3>, &multiply_float<packing::bits4>,
       &multiply_float<packing::bits8>, &multiply_float<float>,
       &multiply_float<float16>,        &multiply_float<bfloat16>},
      {&multiply_listed<packing::bits1>, &multiply_listed<packing::bits2>,
       &multiply_listed<packing::base3>, &multiply_listed<packing::bits4>,
       &multiply_listed<packing::bits8>},
#if TRILITH_SIMD_LANES
      // products of raw values of bits8 do not fit into 16 bits
      {&multiply_batch<packing::bits1, lane_tiles>, &multiply_batch<packing::bits2, lane_tiles>,
       &multiply_batch<packing::base3, lane_tiles>, &multiply_batch<packing::bits4, lane_tiles>},
      12, &arrange
#endif
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
