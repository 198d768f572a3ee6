#ifndef TRILITH_BACKENDS_SIMD_SCALAR_ROWS_HPP
#define TRILITH_BACKENDS_SIMD_SCALAR_ROWS_HPP

#include <trilith/backends/simd/row_kernels.hpp>

namespace trilith::simd {

/// The plain loops as a table.
inline constexpr row_kernels scalar_rows{"SCALAR"};

}  // namespace trilith::simd

#endif
