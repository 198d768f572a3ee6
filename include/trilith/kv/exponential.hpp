#ifndef TRILITH_KV_EXPONENTIAL_HPP
#define TRILITH_KV_EXPONENTIAL_HPP

#include <trilith/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace trilith {

/// The numbers of falling_exponential(), for its vector forms too.
struct exponential_terms {
  static constexpr float lowest = -87.0f;  ///< below it the result is 0
  static constexpr float log2_e = 0x1.715476p+0f;
  static constexpr float shift = 0x1.8000fep+23f;  ///< 3 * 2^22 + 127: rounds what is added to it
  static constexpr float ln_2 = 0x1.62e430p-1f;
  /// Of r^6 ... r^2 in the polynomial of least relative error on |r| <= ln(2) / 2 that begins 1 +
  /// r.
  static constexpr float factors[5] = {0x1.6a23cep-10f, 0x1.123a20p-7f, 0x1.5558f2p-5f,
                                       0x1.555492p-3f, 0x1.fffffcp-2f};
};

/// Those of an exponential that is rounded to bfloat16: the polynomial of degree 3.
struct short_exponential_terms : exponential_terms {
  static constexpr float lowest = -34.0f;  ///< e^-34 > 2^-50
  static constexpr float factors[2] = {0x1.5b25ccp-3f, 0x1.027ae2p-1f};
};

}  // namespace trilith

namespace trilith::inline TRILITH_ABI::kv {

/// e^x for x <= 0 in float alone, with fused multiply-adds, in one fixed order of operations:
///
///     n = round(x log2(e));  r = x - n ln_2;  2^n * polynomial(r)
///
/// 0 below the lowest of its terms. Exactly 1 for x = 0, NaN for NaN.
template <class Terms>
[[nodiscard]] TRILITH_EXACT_FLOAT inline float exponential_with(float x) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  if (x < Terms::lowest) return 0.0f;
  const float shifted = __builtin_fmaf(x, Terms::log2_e, Terms::shift);
  const float n = shifted - Terms::shift;
  const float r = __builtin_fmaf(n, -Terms::ln_2, x);
  float y = Terms::factors[0];
  for (std::size_t k = 1; k < sizeof(Terms::factors) / sizeof(float); ++k)
    y = __builtin_fmaf(y, r, Terms::factors[k]);
  y = __builtin_fmaf(__builtin_fmaf(y, r, 1.0f), r, 1.0f);
  // the low bits of `shifted` are n + 127, the exponent of 2^n
  return y * std::bit_cast<float>(std::bit_cast<std::uint32_t>(shifted) << 23);
}

/// Off by at most 0.8 + 0.045 |x| units in the last place for x >= -87 (test/unit/kv.cpp).
[[nodiscard]] inline float falling_exponential(float x) noexcept {
  return exponential_with<exponential_terms>(x);
}

/// Off by a factor of at most 1 + 1.5e-4 for x >= -34, a tenth of what bfloat16 is.
[[nodiscard]] inline float short_exponential(float x) noexcept {
  return exponential_with<short_exponential_terms>(x);
}

}  // namespace trilith::inline TRILITH_ABI::kv

#endif
