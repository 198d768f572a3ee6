#ifndef TRILITH_TRAIN_LOSS_SCALE_HPP
#define TRILITH_TRAIN_LOSS_SCALE_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/train/gradients.hpp>

#include <cstdint>

namespace trilith::inline TRILITH_ABI {

/// A dynamic factor on the loss, which keeps gradients inside the range of f16 (bf16 and f32 need
/// none): doubled after 2000 good steps in a row, halved by a bad one, as PyTorch's GradScaler has
/// it; always a power of two, so that scaling is exact. It stays in [2^-24, 2^24].
///
/// One call a step, between the backward pass and everything else that reads gradients: clipping,
/// the memory of a filter, momentum. Where it returns false the whole step is left out, its number
/// in step_facts included; then nothing remembers it (test/unit/train_gradients.cpp).
///
///     loss_gradient *= scale.factor;           // backward
///     if (!scale.take(gradients)) continue;    // neither clip nor update, and do not count
///
/// A checkpoint holds `factor` and `good_steps`.
struct loss_scale {
  float factor = 0x1p16f;
  std::uint32_t good_steps = 0;
  std::uint32_t interval = 2000;  ///< good steps until the factor is doubled

  /// Divides the gradients by the factor and returns true; or, where one is not finite, leaves
  /// them, halves the factor and returns false.
  template <class Gradients>
  [[nodiscard]] bool take(Gradients& gradients, const executor& threads = {}) noexcept {
    const bool good = all_finite(gradients);
    if (good)
      for (auto& g : gradients) scale_gradient(g, 1.0f / factor, threads);
    learn(good);
    return good;
  }

  /// What take() does to the factor itself: for ranks that agree on whether a step is good.
  constexpr void learn(bool good) noexcept {
    good_steps = good ? good_steps + 1 : 0;
    if (!good) factor = max_of(factor * 0.5f, 0x1p-24f);
    if (good_steps < interval) return;
    factor = min_of(factor * 2.0f, 0x1p24f);
    good_steps = 0;
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
