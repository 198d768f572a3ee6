// A fragment of kernels-inl.hpp: what is computed on single rows of floats.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

[[maybe_unused]] static constexpr row_kernels rows_table{TRILITH_SIMD_NAME};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
