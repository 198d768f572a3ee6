// A fragment of kernels-inl.hpp: attention over the cache of keys and values.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

[[maybe_unused]] static constexpr attention_kernels attention_table{TRILITH_SIMD_NAME};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
