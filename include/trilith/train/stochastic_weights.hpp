#ifndef TRILITH_TRAIN_STOCHASTIC_WEIGHTS_HPP
#define TRILITH_TRAIN_STOCHASTIC_WEIGHTS_HPP

#include <trilith/core/random.hpp>
#include <trilith/train/working_matrix.hpp>

namespace trilith::inline TRILITH_ABI {

/// Which numbers a stochastic rounding draws.
struct rounding_draw {
  std::uint64_t seed = 0, step = 0;
  std::uint64_t tensor = 0;
};

/// floor(v) + [u < v - floor(v)], with u of element `index`.
[[nodiscard]] inline float round_by_chance(float v, const rounding_draw& draw,
                                           std::uint64_t index) noexcept {
  const float nearest = round_even(v), below = nearest > v ? nearest - 1.0f : nearest;
  const float u = uniform(draw.seed, draw.step << 20 | draw.tensor, index);
  return below + (u < v - below ? 1.0f : 0.0f);
}

/// Rounds weights to codes times the scales that `with` has; see ste::stochastic_rounding.
template <weights::CodedWeights W>
void round_by_chance(plain_matrix<weights::f32>& w, const working_matrix<W>& with,
                     const rounding_draw& draw, const executor& run) noexcept {
  constexpr auto low = static_cast<float>(W::min_code), high = static_cast<float>(W::max_code);
  constexpr auto between = static_cast<float>(W::code_step);
  run.parallel_for(w.rows, 8, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t r = first; r < last; ++r)
      for (std::size_t i = 0; i < w.cols; ++i) {
        const float scale = with.stored.scale(r, i / with.stored.group());
        float& x = w.row(r)[i];
        // codes lie `between` apart, the lowest of them at 0 here
        const float v = (clamp_to(x / scale, low, high) - low) / between;
        x = scale * (low + between * round_by_chance(v, draw, r * w.cols + i));
      }
  });
}

}  // namespace trilith::inline TRILITH_ABI

#endif
