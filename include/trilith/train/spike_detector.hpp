#ifndef TRILITH_TRAIN_SPIKE_DETECTOR_HPP
#define TRILITH_TRAIN_SPIKE_DETECTOR_HPP

#include <trilith/config.hpp>
#include <trilith/train/double_math.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI {

/// How far a value lies from the last 128, itself included: z = (x - mean) / deviation, NaN until
/// there are 128, and 0 where all are equal. One for the loss, one for the norm of the gradients; a
/// trainer leaves out the update where z is above a threshold. As x is one of the 128, z is never
/// above sqrt(127) = 11.3.
///
/// llm.c carries running sums along; these are added anew each time, so a NaN is forgotten with the
/// value that was one, and equal values have a deviation of exactly 0.
///
///     tl::spike_detector of_loss;
///     if (of_loss.see(loss) > 6) continue;   // false for NaN, so for the first 127 steps
///
/// A checkpoint holds `ring` and `seen`. Cost: 256 additions.
/// @see llm.c, llmc/outlier_detector.h.
struct spike_detector {
  static constexpr std::size_t window = 128;
  std::array<float, window> ring{};  ///< value number n at n % window
  std::uint64_t seen = 0;

  TRILITH_EXACT_FLOAT constexpr double see(float value) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    ring[seen++ % window] = value;
    if (seen < window) return __builtin_nan("");
    // Around one of the values, so that equal ones have the differences 0 exactly.
    const double origin = static_cast<double>(ring[0]);
    double sum = 0;
    for (const float x : ring) sum += static_cast<double>(x) - origin;
    const double mean = sum / window;
    double squares = 0;
    for (const float x : ring) squares += square(static_cast<double>(x) - origin - mean);
    if (squares == 0) return 0;
    if (squares - squares != 0) return __builtin_nan("");
    return (static_cast<double>(value) - origin - mean) /
           double_math::square_root(squares / window);
  }

 private:
  [[nodiscard]] static constexpr double square(double x) noexcept { return x * x; }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
