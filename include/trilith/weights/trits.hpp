#ifndef TRILITH_WEIGHTS_TRITS_HPP
#define TRILITH_WEIGHTS_TRITS_HPP

#include <trilith/weights/weights.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI {

/// A few codes with ==, for examples and static_asserts: trits{1, 0, -1}.
template <std::size_t N>
struct trits {
  std::array<std::int8_t, N> values{};
  constexpr trits() = default;
  template <class... Ints>
    requires(sizeof...(Ints) == N && N > 0)
  constexpr trits(Ints... codes) : values{static_cast<std::int8_t>(codes)...} {}
  friend constexpr bool operator==(const trits&, const trits&) = default;
};
template <class... Ints>
trits(Ints...) -> trits<sizeof...(Ints)>;

/// The codes of a few weights that share one scale. Works at compile time:
///
///     static_assert(quantize<weights::ternary<>>({0.9f, -0.1f, -2.f}) == trits{1, 0, -1});
template <weights::CodedWeights W, std::size_t N>
[[nodiscard]] constexpr trits<N> quantize(const float (&w)[N]) noexcept {
  const weights::calibration c = W::calibrate(w, N);
  trits<N> out;
  for (std::size_t i = 0; i < N; ++i) out.values[i] = W::encode(w[i], c, i);
  return out;
}

/// The scale those weights share.
template <weights::CodedWeights W, std::size_t N>
[[nodiscard]] constexpr float scale_of(const float (&w)[N]) noexcept {
  return W::calibrate(w, N).scale;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
