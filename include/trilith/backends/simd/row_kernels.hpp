#ifndef TRILITH_BACKENDS_SIMD_ROW_KERNELS_HPP
#define TRILITH_BACKENDS_SIMD_ROW_KERNELS_HPP

#include <trilith/backends/simd/kernel_table.hpp>

namespace trilith::simd {

/// What is computed on one token's values between the matrix products.
struct row_kernels {
  const char* target = "";
};

}  // namespace trilith::simd

namespace trilith::TRILITH_IMPLEMENTED {
/// The functions of an instruction set; of the next lower one that has some of its own.
const simd::row_kernels& row_kernels_of(simd::target which) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::simd {
/// Those of the instruction set whose products run.
[[nodiscard]] inline const row_kernels& rows() noexcept {
  return TRILITH_IMPLEMENTED::row_kernels_of(kernels().id);
}
}  // namespace trilith::simd

#endif
