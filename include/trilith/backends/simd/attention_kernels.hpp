#ifndef TRILITH_BACKENDS_SIMD_ATTENTION_KERNELS_HPP
#define TRILITH_BACKENDS_SIMD_ATTENTION_KERNELS_HPP

#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/kv/coded.hpp>
#include <trilith/kv/exponential.hpp>
#include <trilith/kv/jobs.hpp>
#include <trilith/kv/paired.hpp>
#include <trilith/kv/pairs.hpp>

namespace trilith::simd {

/// Storing in the cache and attention over it, by kv_kernel: to the bits of the formats' own loops.
struct attention_kernels {
  const char* target = "";
  kv_functions of[kv_kernels] = {};
};

}  // namespace trilith::simd

namespace trilith::TRILITH_IMPLEMENTED {
/// The functions of an instruction set; of the next lower one that has some of its own.
const simd::attention_kernels& attention_kernels_of(simd::target which) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::simd {
/// Those of the instruction set whose products run.
[[nodiscard]] inline const attention_kernels& attention() noexcept {
  return TRILITH_IMPLEMENTED::attention_kernels_of(kernels().id);
}
}  // namespace trilith::simd

#endif
