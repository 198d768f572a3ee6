#ifndef TRILITH_ACTIVATIONS_TOP_K_HPP
#define TRILITH_ACTIVATIONS_TOP_K_HPP

#include <trilith/activations/int8.hpp>

namespace trilith::inline TRILITH_ABI::activations {

/// The magnitude of the k-th largest |x_i| by its bits, and how many are larger; 1 <= k <= n. Three
/// passes over x, each of which settles 11, 10 and 10 bits.
struct kth_magnitude {
  std::uint32_t bits = 0;
  std::size_t larger = 0;

  constexpr kth_magnitude(const float* x, std::size_t n, std::size_t k) noexcept {
    std::uint32_t settled = 0;  // the bits above `shift`
    for (const int shift : {20, 10, 0}) {
      const int width = shift == 20 ? 11 : 10;
      std::uint32_t count[1 << 11] = {};
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t m = magnitude(x[i]);
        if (shift == 20 || m >> (shift + width) == settled)
          ++count[m >> shift & ((1u << width) - 1)];
      }
      std::uint32_t digit = (1u << width) - 1;
      for (; larger + count[digit] < k; --digit) larger += count[digit];
      settled = settled << width | digit;
    }
    bits = settled;
  }
  [[nodiscard]] static constexpr std::uint32_t magnitude(float x) noexcept {
    return std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFu;
  }
};

/// q_i = 0 where |x_i| is not among the k largest; of equal ones the first are kept. 1 <= k < n.
template <class Element>
constexpr void keep_largest(const float* x, Element* q, std::size_t n, std::size_t k) noexcept {
  const kth_magnitude least(x, n, k);
  std::size_t ties = k - least.larger;  // of magnitude `least` that are kept
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t m = kth_magnitude::magnitude(x[i]);
    const bool is_tie = m == least.bits && ties != 0;
    if (is_tie) --ties;
    if (m <= least.bits && !is_tie) q[i] = Element{0};
  }
}

namespace detail {
inline constexpr std::string_view top_k_name = "top_k<";
}

/// Sparsify, then quantise: the Percent largest |x_i| of a token in the numbers of Inner, 0 for the
/// others. The scale is that of all: x~ = Q(x) * M, M = TopK(|x|), K = n Percent / 100, rounded up.
///
/// Among equal magnitudes the first are kept. In training both quantiser and mask are straight
/// through.
/// @see arXiv 2411.04965 (BitNet a4.8), section 2, with 50 % in front of the output projection
template <int Percent, Activations Inner = int8<>>
struct top_k {
  static_assert(Percent > 0 && Percent <= 100,
                "trilith::activations::top_k<Percent, Inner>: Percent must be in [1, 100].");
  static_assert(!rotates<Inner>,
                "trilith::activations::top_k<Percent, Inner>: Inner may not rotate; write "
                "hadamard<top_k<Percent, ...>> (docs/errors.md).");
  using policy_kind = activations_kind;
  using element = typename Inner::element;
  static constexpr std::string_view name =
      joined<detail::top_k_name, digits_of<std::size_t(Percent)>::value, name_parts::comma,
             Inner::name, name_parts::angle>;
  static constexpr int bits = Inner::bits;
  using quantizer = Inner;

  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    const float scale = Inner::quantize(x, q, n);
    if (const std::size_t k = kept_of(n); k < n) keep_largest(x, q, n, k);
    return scale;
  }
  /// K
  [[nodiscard]] static constexpr std::size_t kept_of(std::size_t n) noexcept {
    return ceil_div(n * static_cast<std::size_t>(Percent), 100);
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
