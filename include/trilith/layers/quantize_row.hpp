#ifndef TRILITH_LAYERS_QUANTIZE_ROW_HPP
#define TRILITH_LAYERS_QUANTIZE_ROW_HPP

#include <trilith/activations/int4.hpp>
#include <trilith/activations/int8.hpp>
#include <trilith/activations/plain.hpp>
#include <trilith/layers/gates.hpp>
#include <trilith/layers/norm.hpp>

/// One token's values normalised and quantised: what lies between two products of a layer.
namespace trilith::inline TRILITH_ABI {

/// Whether the row kernels compute norm N for backend B.
template <Norm N, class B>
inline constexpr bool has_norm_kernel = backends::uses_kernels<B> && is_root_mean_square<N>;

namespace detail {
/// The row kernel of activations A; none for most.
template <class A>
inline constexpr auto quantize_kernel = nullptr;
template <>
inline constexpr auto quantize_kernel<activations::int8<>> = &simd::row_kernels::quantize;
template <>
inline constexpr auto quantize_kernel<activations::int4<>> = &simd::row_kernels::quantize_int4;

/// Whether the largest of a row are chosen by the row kernels.
template <class A>
inline constexpr bool keeps_largest =
    std::is_same_v<typename A::element, std::int8_t> && requires(std::size_t n) { A::kept_of(n); };

/// q ~ x in the numbers of A, for backend B.
template <class A, class B>
[[nodiscard]] float quantize_plainly(const float* x, typename A::element* q,
                                     std::size_t n) noexcept {
  constexpr bool has_kernel = !std::is_null_pointer_v<decltype(quantize_kernel<A>)>;
  if constexpr (backends::uses_kernels<B> && has_kernel) {
    return (simd::rows().*quantize_kernel<A>)(x, q, n);
  } else if constexpr (backends::uses_kernels<B> && keeps_largest<A>) {
    const float scale = quantize_plainly<typename A::quantizer, B>(x, q, n);
    if (const std::size_t k = A::kept_of(n); k < n) simd::rows().keep_largest(x, q, n, k);
    return scale;
  } else {
    return A::quantize(x, q, n);
  }
}

/// The same; y may be written over.
template <class A, class B>
[[nodiscard]] float quantize_in_place(float* y, typename A::element* q, std::size_t n) noexcept {
  if constexpr (activations::rotates<A>) {
    A::rotate(y, n);
    return quantize_plainly<typename A::quantizer, B>(y, q, n);
  } else {
    return quantize_plainly<A, B>(y, q, n);
  }
}

/// y = N(x) in the numbers of A, where the sum of squares of x is known and has_norm_kernel<N, B>.
/// `y` is room for n floats and may be x.
template <class A, class N, class B>
[[nodiscard]] float quantize_squared(const float* x, float sum, [[maybe_unused]] const float* gains,
                                     float eps, typename A::element* q, std::size_t n,
                                     float* y) noexcept {
  const simd::row_kernels& rows = simd::rows();
  const float factor = rms_norm<>::factor_of(sum, n, eps);
  const float* g = N::has_gain ? gains : nullptr;
  if constexpr (std::is_same_v<A, activations::int8<>>) {
    return rows.scale_and_quantize(x, factor, g, y, q, n);
  } else if constexpr (std::is_same_v<A, activations::f32>) {
    rows.scale(x, factor, g, q, n);
    return 1.0f;
  } else {
    rows.scale(x, factor, g, y, n);
    return quantize_in_place<A, B>(y, q, n);
  }
}
}  // namespace detail

/// q ~ N(x) in the numbers of A; returns the token's scale.
///
/// @param scratch  room for n floats
template <class A, Norm N, class B>
[[nodiscard]] float quantize_row(const float* x, [[maybe_unused]] const float* gains,
                                 [[maybe_unused]] float eps, typename A::element* q, std::size_t n,
                                 [[maybe_unused]] float* scratch) noexcept {
  if constexpr (N::is_identity && !activations::rotates<A>) {
    return detail::quantize_plainly<A, B>(x, q, n);
  } else if constexpr (N::is_identity) {
    for (std::size_t i = 0; i < n; ++i) scratch[i] = x[i];
    return detail::quantize_in_place<A, B>(scratch, q, n);
  } else if constexpr (has_norm_kernel<N, B>) {
    const float sum = simd::rows().sum_of_squares(x, n);
    return detail::quantize_squared<A, N, B>(x, sum, gains, eps, q, n, scratch);
  } else {
    N::apply(x, gains, scratch, n, eps);
    return detail::quantize_in_place<A, B>(scratch, q, n);
  }
}

/// gate_i = G(gate_i) * up_i, then q ~ N(gate), while the row is in the cache. Afterwards `gate`
/// holds one of the two, or a mixture.
template <class A, Gate G, Norm N, class B>
[[nodiscard]] float quantize_gated_row(float* gate, const float* up, const float* gains, float eps,
                                       typename A::element* q, std::size_t n,
                                       float* scratch) noexcept {
  if constexpr (has_gate_kernel<G, B> && has_norm_kernel<N, B>) {
    const float sum = (simd::rows().*detail::gate_kernel<G>)(gate, up, n);
    return detail::quantize_squared<A, N, B>(gate, sum, gains, eps, q, n, gate);
  } else {
    pass_gate<G, B>(gate, up, n);
    return quantize_row<A, N, B>(gate, gains, eps, q, n, scratch);
  }
}

}  // namespace trilith::inline TRILITH_ABI

#endif
