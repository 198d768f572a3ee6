#ifndef TRILITH_WEIGHTS_WEIGHTS_HPP
#define TRILITH_WEIGHTS_WEIGHTS_HPP

#include <trilith/config.hpp>
#include <trilith/core/policy.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

/// What a weight may be. Two kinds:
///  - coded weights: small integers, the codes, times a float scale. value = scale * code
///  - plain weights: floating-point elements, stored as they are.
namespace trilith::inline TRILITH_ABI::weights {

/// What a coded scheme learns from the floats that share one scale, before it encodes them.
struct calibration {
  float scale = 1.0f;      ///< value of code 1
  float threshold = 0.0f;  ///< for schemes with a dead zone: |w| at or below it becomes 0
  float centre = 0.0f;     ///< for schemes that subtract a mean first
};

/// Satisfied by schemes that turn floats into integer codes. A user's own scheme needs no more than
/// this (examples/05_new_scheme.cpp): name, min_code, max_code, code_step, granularity, packing,
/// calibrate(w, n), encode(w_i, calibration, i).
template <class T>
concept CodedWeights =
    PolicyOf<T, weights_kind> &&
    requires(const float* w, std::size_t n, const calibration& c, std::uint64_t index) {
      typename T::granularity;
      typename T::packing;
      { T::min_code } -> std::convertible_to<int>;
      { T::max_code } -> std::convertible_to<int>;
      { T::code_step } -> std::convertible_to<int>;
      { T::calibrate(w, n) } noexcept -> std::same_as<calibration>;
      { T::encode(1.0f, c, index) } noexcept -> std::same_as<std::int8_t>;
    };

/// Satisfied by floating-point storage: element, store(float), load(element).
template <class T>
concept PlainWeights = PolicyOf<T, weights_kind> && requires(typename T::element e) {
  { T::store(1.0f) } noexcept -> std::same_as<typename T::element>;
  { T::load(e) } noexcept -> std::same_as<float>;
};

template <class T>
concept Weights = PolicyOf<T, weights_kind> && (CodedWeights<T> || PlainWeights<T>);

/// w = scale * code
template <CodedWeights W>
[[nodiscard]] constexpr float decode(std::int8_t code, float scale) noexcept {
  return scale * static_cast<float>(code);
}

}  // namespace trilith::inline TRILITH_ABI::weights

#endif
