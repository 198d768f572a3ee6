#ifndef TRILITH_ACTIVATIONS_HADAMARD_HPP
#define TRILITH_ACTIVATIONS_HADAMARD_HPP

#include <trilith/activations/int8.hpp>
#include <trilith/core/error.hpp>

namespace trilith::inline TRILITH_ABI::activations {

/// The widest blocks that a row of n values divides into evenly, of a power of two: 512 for 2560.
[[nodiscard]] constexpr std::size_t hadamard_block(std::size_t n) noexcept {
  return n & (~n + 1);
}

/// x = H x, in place, for each hadamard_block() of x by itself:
///
///     H_0 = 1,   H_m = (H_(m-1)  H_(m-1); H_(m-1)  -H_(m-1)) / sqrt(2)
///
/// H is symmetric and its own inverse. Cost: n log2(block) additions.
TRILITH_EXACT_FLOAT constexpr void hadamard_transform(float* x, std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const std::size_t block = hadamard_block(n);
  for (std::size_t half = 1; half < block; half *= 2)
    for (std::size_t first = 0; first < n; first += 2 * half)
      for (std::size_t i = first; i < first + half; ++i) {
        const float low = x[i], high = x[i + half];
        x[i] = low + high;
        x[i + half] = low - high;
      }
  const float factor = 1.0f / square_root(static_cast<float>(block));
  for (std::size_t i = 0; i < n; ++i) x[i] *= factor;
}

namespace detail {
inline constexpr std::string_view hadamard_name = "hadamard<";
}

/// Rotate, then quantise: x~ = Inner(H x). Outliers spread over the whole block, so that fewer bits
/// do. Weights are learned behind the rotation; no rotation is folded into them.
///
/// Blocks are as wide as the width's power of two allows, 512 for 2560; an odd width has none.
/// @see arXiv 2504.18415 (BitNet v2), section 2: in front of the output and down projections
template <Activations Inner = int8<>>
struct hadamard {
  using policy_kind = activations_kind;
  using element = typename Inner::element;
  using quantizer = Inner;
  static constexpr std::string_view name =
      joined<detail::hadamard_name, Inner::name, name_parts::angle>;
  static constexpr int bits = Inner::bits;

  /// x = H x; gradients pass through it the same way.
  static constexpr void rotate(float* x, std::size_t n) noexcept { hadamard_transform(x, n); }

  /// Widest row of quantize(), which has no room but the stack. Layers bring room for any width.
  static constexpr std::size_t most_values = 16384;
  [[nodiscard]] static constexpr float quantize(const float* x, element* q,
                                                std::size_t n) noexcept {
    TRILITH_PRECONDITION(n <= most_values, "hadamard<>::quantize() takes up to 16384 values.");
    float turned[most_values];
    for (std::size_t i = 0; i < n; ++i) turned[i] = x[i];
    rotate(turned, n);
    return Inner::quantize(turned, q, n);
  }
};

}  // namespace trilith::inline TRILITH_ABI::activations

#endif
