#ifndef TRILITH_BACKENDS_BACKEND_HPP
#define TRILITH_BACKENDS_BACKEND_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/core/policy.hpp>
#include <trilith/packing/packing.hpp>
#include <trilith/weights/plain.hpp>

/// Who multiplies. All backends compute what simd::product documents, to the last bit.
namespace trilith::inline TRILITH_ABI::backends {

using trilith::simd::product;

/// The formats a product's weights may have: a packing of codes, or a kind of plain weights.
template <class T>
concept Format = packing::Packing<T> || weights::PlainWeights<T>;

/// run<F, X>(p, first, last) computes rows [first, last) of a product whose weights have format F
/// and whose activations are X (std::int8_t or float).
template <class T>
concept Backend = PolicyOf<T, backend_kind> && requires(const product& p) {
  { T::template run<weights::f32, float>(p, std::size_t{}, std::size_t{}) } noexcept;
};

/// Whether B has a kernel for weights of format F times activations X.
template <class B, class F, class X>
inline constexpr bool supports =
    requires(const product& p) { B::template run<F, X>(p, std::size_t{}, std::size_t{}); };

/// Whether B has a kernel for some rows of a matrix of format F with the int8 activations of one
/// token.
template <class B, class F>
inline constexpr bool lists_rows =
    requires(const product& p) { B::template run_listed<F>(p, std::size_t{}, std::size_t{}); };

/// Whether a layer with backend B computes what lies between its products with the vector kernels
/// of simd/ too, which must then be linked. Others use the plain loops of the headers.
template <class B>
inline constexpr bool uses_kernels = false;

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
