#ifndef TRILITH_BACKENDS_SIMD_SCALAR_ATTENTION_HPP
#define TRILITH_BACKENDS_SIMD_SCALAR_ATTENTION_HPP

#include <trilith/backends/simd/attention_kernels.hpp>

namespace trilith::simd {

/// The plain loops as a table.
inline constexpr attention_kernels scalar_attention{"SCALAR"};

}  // namespace trilith::simd

#endif
