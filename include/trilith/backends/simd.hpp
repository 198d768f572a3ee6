#ifndef TRILITH_BACKENDS_SIMD_HPP
#define TRILITH_BACKENDS_SIMD_HPP

#include <trilith/backends/backend.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

namespace trilith::inline TRILITH_ABI::backends {

namespace detail {
/// The place of a format in the kernel table; none for a format of a user's own.
template <class F>
inline constexpr int table_index = -1;
template <>
inline constexpr int table_index<packing::bits1> =
    static_cast<int>(trilith::simd::weight_format::bits1);
template <>
inline constexpr int table_index<packing::bits2> =
    static_cast<int>(trilith::simd::weight_format::bits2);
template <>
inline constexpr int table_index<packing::base3> =
    static_cast<int>(trilith::simd::weight_format::base3);
template <>
inline constexpr int table_index<packing::bits4> =
    static_cast<int>(trilith::simd::weight_format::bits4);
template <>
inline constexpr int table_index<packing::bits8> =
    static_cast<int>(trilith::simd::weight_format::bits8);
template <>
inline constexpr int table_index<weights::f32> =
    static_cast<int>(trilith::simd::weight_format::f32);
template <>
inline constexpr int table_index<weights::f16> =
    static_cast<int>(trilith::simd::weight_format::f16);
template <>
inline constexpr int table_index<weights::bf16> =
    static_cast<int>(trilith::simd::weight_format::bf16);

/// Whether these kernels read a panel for weights of format F.
template <class F>
[[nodiscard]] bool reads_panels(const trilith::simd::kernel_table& table) noexcept {
  if constexpr (table_index<F> < 0)
    return false;
  else
    return table.batch[static_cast<std::size_t>(table_index<F>)] != nullptr;
}
}  // namespace detail

/// Vector kernels for the built-in formats, chosen at run time for the CPU at hand; no compiler
/// flags needed. One indirect call per product. @see docs/dispatch.md
struct simd {
  using policy_kind = backend_kind;
  static constexpr std::string_view name = "simd";

  template <Format F, class X>
    requires(detail::table_index<F> >= 0 && (packing::Packing<F> || std::is_same_v<X, float>))
  static void run(const product& p, std::size_t first, std::size_t last) noexcept {
    const auto& table = trilith::simd::kernels();
    constexpr auto index = static_cast<std::size_t>(detail::table_index<F>);
    if constexpr (std::is_same_v<X, float>)
      table.f32[index](p, first, last);
    else
      (p.panel != nullptr && table.batch[index] != nullptr ? table.batch : table.int8)[index](
          p, first, last);
  }

  /// run() for the rows that p.only lists, of one token and one group of scales.
  template <packing::Packing F>
    requires(detail::table_index<F> >= 0)
  static void run_listed(const product& p, std::size_t first, std::size_t last) noexcept {
    trilith::simd::kernels().listed[static_cast<std::size_t>(detail::table_index<F>)](p, first,
                                                                                      last);
  }
};

template <>
inline constexpr bool uses_kernels<simd> = true;

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
