#ifndef TRILITH_WEIGHTS_STATISTICS_HPP
#define TRILITH_WEIGHTS_STATISTICS_HPP

#include <trilith/core/numeric.hpp>

/// Sums over weights, in double and ascending order, so that a scale does not depend on threads.
namespace trilith::inline TRILITH_ABI::weights {

/// Scales are kept at least this large, as the reference does, so that nothing divides by zero.
inline constexpr float smallest_scale = 1e-5f;

/// mean W = sum_i w_i / n
[[nodiscard]] constexpr float mean(const float* w, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(w[i]);
  return n == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(n));
}

/// mean |W| = sum_i |w_i| / n
[[nodiscard]] constexpr float mean_absolute(const float* w, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(absolute(w[i]));
  return n == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(n));
}

/// The lower median of |W|: element (n - 1) / 2 of the sorted magnitudes, as torch.median takes it.
/// Found bit by bit (magnitudes order like their bits): 31 passes, no copy.
[[nodiscard]] constexpr float median_absolute(const float* w, std::size_t n) noexcept {
  if (n == 0) return 0.0f;
  const std::size_t wanted = (n - 1) / 2;
  std::uint32_t answer = 0;
  for (std::uint32_t bit = 1u << 30; bit != 0; bit >>= 1) {
    std::size_t below = 0;
    for (std::size_t i = 0; i < n; ++i)
      below += (std::bit_cast<std::uint32_t>(w[i]) & 0x7FFFFFFFu) < (answer | bit);
    if (below <= wanted) answer |= bit;
  }
  return std::bit_cast<float>(answer);
}

/// mean |w_i| over the weights whose code is not zero; `fallback` when all codes are zero.
template <class CodeOf>
[[nodiscard]] constexpr float mean_absolute_of_kept(const float* w, std::size_t n, CodeOf code_of,
                                                    float fallback) noexcept {
  double sum = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (code_of(w[i]) != 0) {
      sum += static_cast<double>(absolute(w[i]));
      ++kept;
    }
  return kept == 0 ? fallback : static_cast<float>(sum / static_cast<double>(kept));
}

}  // namespace trilith::inline TRILITH_ABI::weights

#endif
