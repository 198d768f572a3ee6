#ifndef TRILITH_BACKENDS_SIMD_SCALAR_ATTENTION_HPP
#define TRILITH_BACKENDS_SIMD_SCALAR_ATTENTION_HPP

#include <trilith/backends/simd/attention_kernels.hpp>
#include <trilith/kv/bf16.hpp>
#include <trilith/kv/coded.hpp>
#include <trilith/kv/f16.hpp>
#include <trilith/kv/f32.hpp>

namespace trilith::simd {

/// The formats' plain loops as a table: the definition of what the others compute.
inline constexpr attention_kernels scalar_attention{
    "SCALAR",
    {kv_format(kv::f32{}).plain, kv_format(kv::f16{}).plain, kv_format(kv::bf16{}).plain,
     kv_format(kv::int8{}).plain, kv_format(kv::int4{}).plain, kv_format(kv::int3{}).plain}};

}  // namespace trilith::simd

#endif
