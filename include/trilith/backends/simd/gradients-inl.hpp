// A fragment of kernels-inl.hpp: what backward passes compute.
#include <trilith/backends/simd/float_panels-inl.hpp>

#include <trilith/backends/simd/float_product-inl.hpp>

#include <trilith/backends/simd/gradient_rows-inl.hpp>

#include <trilith/backends/simd/gradient_split-inl.hpp>

#include <trilith/backends/simd/byte_transpose-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

[[maybe_unused]] static constexpr gradient_kernels gradients_table{
    TRILITH_SIMD_NAME, fuses, &multiply_floats, &split_gradients, &transpose_bytes, gradient_rows};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE
