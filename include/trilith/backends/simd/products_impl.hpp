#ifndef TRILITH_BACKENDS_SIMD_PRODUCTS_IMPL_HPP
#define TRILITH_BACKENDS_SIMD_PRODUCTS_IMPL_HPP

#include <trilith/backends/portable.hpp>
#include <trilith/backends/simd/cpu.hpp>
#include <trilith/backends/simd/foreach.hpp>
#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

// Defines what kernel_table.hpp declares; part of the one implementation file.
namespace trilith::simd::dispatch {

struct candidate {
  const kernel_table* table;
  bool runs;  ///< on this CPU
};

/// The portable loops as a table: always there, and last.
[[nodiscard]] inline const kernel_table& scalar_table() noexcept {
  using backends::portable;
  static constexpr kernel_table table{
      "SCALAR",
      target::scalar,
      {&portable::run<packing::bits1, std::int8_t>, &portable::run<packing::bits2, std::int8_t>,
       &portable::run<packing::base3, std::int8_t>, &portable::run<packing::bits4, std::int8_t>,
       &portable::run<packing::bits8, std::int8_t>},
      {&portable::run<packing::bits1, float>, &portable::run<packing::bits2, float>,
       &portable::run<packing::base3, float>, &portable::run<packing::bits4, float>,
       &portable::run<packing::bits8, float>, &portable::run<weights::f32, float>,
       &portable::run<weights::f16, float>, &portable::run<weights::bf16, float>},
      {&portable::run_listed<packing::bits1>, &portable::run_listed<packing::bits2>,
       &portable::run_listed<packing::base3>, &portable::run_listed<packing::bits4>,
       &portable::run_listed<packing::bits8>}};
  return table;
}

/// All tables of this build, best first.
[[nodiscard]] inline std::span<const candidate> candidates() noexcept {
  [[maybe_unused]] static const cpu_features cpu = detect_cpu();
  static const candidate all[] = {
#if defined(__x86_64__) && (HWY_TARGETS & HWY_AVX3)
    {&N_AVX3_DL::amx_table, cpu.amx},
    {&N_AVX3_DL::table, cpu.avx3_dl},
    {&N_AVX3_VNNI::table, cpu.avx3_vnni},
    {&N_AVX3::table, cpu.avx3},
#endif
#if defined(__x86_64__) && (HWY_TARGETS & HWY_AVX2)
    {&N_AVX2_VNNI::table, cpu.avx2_vnni},
    {&N_AVX2::table, cpu.avx2},
#endif
#if defined(__x86_64__) && (HWY_TARGETS & HWY_SSE4)
    {&N_SSE4::table, cpu.sse4},
#endif
#if defined(TRILITH_SIMD_NAME) && !defined(__x86_64__)
#if TRILITH_SIMD_HAS_NEON_DOT
    {&N_NEON_DOT::table, cpu.neon_dot},
#endif
    {&HWY_NAMESPACE::table, true},
#endif
    {&scalar_table(), true}
  };
  return all;
}

[[nodiscard]] inline const kernel_table* find(const char* target) noexcept {
  for (const candidate& c : candidates())
    if (c.runs && std::strcmp(c.table->target, target) == 0) return c.table;
  return nullptr;
}

[[nodiscard]] inline const kernel_table* best() noexcept {
  for (const candidate& c : candidates())
    if (c.runs) return c.table;
  return &scalar_table();
}

inline void report_unknown(const char* target) noexcept {
  std::fprintf(stderr, "trilith: TRILITH_TARGET is '%s', which this CPU or build does not have;",
               target);
  const char* separator = " it has ";
  for (const candidate& c : candidates())
    if (c.runs) {
      std::fprintf(stderr, "%s%s", separator, c.table->target);
      separator = ", ";
    }
  std::fprintf(stderr, ", and %s is used.\n", best()->target);
}

[[nodiscard]] inline const kernel_table* first_choice() noexcept {
  const char* target = std::getenv("TRILITH_TARGET");
  if (target == nullptr || *target == '\0') return best();
  const kernel_table* table = find(target);
  if (table == nullptr) report_unknown(target);
  return table != nullptr ? table : best();
}

[[nodiscard]] inline const kernel_table*& chosen() noexcept {
  static const kernel_table* table = first_choice();
  return table;
}

}  // namespace trilith::simd::dispatch

namespace trilith::TRILITH_IMPLEMENTED {

const simd::kernel_table& kernels() noexcept {
  return *simd::dispatch::chosen();
}

const simd::kernel_table* kernels_at(std::size_t i) noexcept {
  for (const auto& c : simd::dispatch::candidates())
    if (c.runs && i-- == 0) return c.table;
  return nullptr;
}

bool choose_kernels(const char* target) noexcept {
  const simd::kernel_table* table = simd::dispatch::find(target);
  if (table != nullptr) simd::dispatch::chosen() = table;
  return table != nullptr;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
