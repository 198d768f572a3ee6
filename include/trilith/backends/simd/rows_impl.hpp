#ifndef TRILITH_BACKENDS_SIMD_ROWS_IMPL_HPP
#define TRILITH_BACKENDS_SIMD_ROWS_IMPL_HPP

#include <trilith/backends/simd/attention_kernels.hpp>
#include <trilith/backends/simd/foreach.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/backends/simd/scalar_attention.hpp>
#include <trilith/backends/simd/scalar_rows.hpp>

// Defines what row_kernels.hpp and attention_kernels.hpp declare; part of the implementation.
namespace trilith::simd::dispatch {

struct row_tables {
  const row_kernels* rows;
  const attention_kernels* attention;
};

/// The extensions of AVX2 and AVX-512 add nothing to these functions but attention with AMX: they
/// take the base's.
[[nodiscard]] inline row_tables row_tables_of([[maybe_unused]] target which) noexcept {
#if defined(__x86_64__) && (HWY_TARGETS & HWY_AVX3)
  if (which == target::amx) return {&N_AVX3::rows_table, &N_AVX3::amx_attention_table};
  if (which >= target::avx3) return {&N_AVX3::rows_table, &N_AVX3::attention_table};
#endif
#if defined(__x86_64__) && (HWY_TARGETS & HWY_AVX2)
  if (which >= target::avx2) return {&N_AVX2::rows_table, &N_AVX2::attention_table};
#endif
#if defined(__x86_64__) && (HWY_TARGETS & HWY_SSE4)
  if (which == target::sse4) return {&N_SSE4::rows_table, &N_SSE4::attention_table};
#endif
#if defined(TRILITH_SIMD_NAME) && !defined(__x86_64__)
  if (which >= target::neon) return {&HWY_NAMESPACE::rows_table, &HWY_NAMESPACE::attention_table};
#endif
  return {&scalar_rows, &scalar_attention};
}

}  // namespace trilith::simd::dispatch

namespace trilith::TRILITH_IMPLEMENTED {

const simd::row_kernels& row_kernels_of(simd::target which) noexcept {
  return *simd::dispatch::row_tables_of(which).rows;
}

const simd::attention_kernels& attention_kernels_of(simd::target which) noexcept {
  return *simd::dispatch::row_tables_of(which).attention;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
