#ifndef TRILITH_BACKENDS_AUTOMATIC_HPP
#define TRILITH_BACKENDS_AUTOMATIC_HPP

#include <trilith/backends/portable.hpp>
#include <trilith/backends/simd.hpp>

#include <type_traits>

namespace trilith::inline TRILITH_ABI::backends {

/// What `automatic` takes for weights of format F times activations X: simd where it has a kernel,
/// portable elsewhere. A program that must not fall back says so:
///
///     static_assert(std::same_as<backends::chosen<packing::base3, std::int8_t>, backends::simd>);
template <Format F, class X>
using chosen = std::conditional_t<supports<simd, F, X>, simd, portable>;

/// The best kernel there is for the formats at hand.
struct automatic {
  using policy_kind = backend_kind;
  static constexpr std::string_view name = "automatic";

  template <Format F, class X>
    requires(packing::Packing<F> || std::is_same_v<X, float>)
  static void run(const product& p, std::size_t first, std::size_t last) noexcept {
    chosen<F, X>::template run<F, X>(p, first, last);
  }

  template <packing::Packing F>
    requires lists_rows<chosen<F, std::int8_t>, F>
  static void run_listed(const product& p, std::size_t first, std::size_t last) noexcept {
    chosen<F, std::int8_t>::template run_listed<F>(p, first, last);
  }
};

template <>
inline constexpr bool uses_kernels<automatic> = true;

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
