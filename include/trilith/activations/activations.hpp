#ifndef TRILITH_ACTIVATIONS_ACTIVATIONS_HPP
#define TRILITH_ACTIVATIONS_ACTIVATIONS_HPP

#include <trilith/config.hpp>
#include <trilith/core/policy.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// In which numbers a token's activations enter a matrix product.
namespace trilith::inline TRILITH_ABI::activations {

/// quantize(x, q, n) writes n elements and returns the token's scale: x_i ~ scale * q_i. An int8_t
/// element makes products exact integer sums; a float element makes them ordered float sums.
template <class T>
concept Activations = PolicyOf<T, activations_kind> &&
                      requires(const float* x, typename T::element* q, std::size_t n) {
                        requires std::same_as<typename T::element, std::int8_t> ||
                                     std::same_as<typename T::element, float>;
                        { T::bits } -> std::convertible_to<int>;
                        { T::quantize(x, q, n) } noexcept -> std::same_as<float>;
                      };

/// Whether A turns a row, in place and by an orthogonal matrix that is its own inverse, before
/// A::quantizer quantises it.
template <class A>
inline constexpr bool rotates = requires(float* x, std::size_t n) {
  A::rotate(x, n);
  typename A::quantizer;
};

template <class A>
inline constexpr bool is_integer = std::is_same_v<typename A::element, std::int8_t>;

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
