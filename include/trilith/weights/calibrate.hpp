#ifndef TRILITH_WEIGHTS_CALIBRATE_HPP
#define TRILITH_WEIGHTS_CALIBRATE_HPP

#include <trilith/weights/learned.hpp>

namespace trilith::inline TRILITH_ABI {

/// Where the calibration of group g of row r stands among those of a matrix of W.
template <weights::CodedWeights W>
[[nodiscard]] constexpr std::size_t calibration_index(std::size_t r, std::size_t g,
                                                      std::size_t cols) noexcept {
  return r * W::granularity::row_step(cols) + g * W::granularity::group_step;
}

/// One calibration for each scale of a matrix [rows, cols] of W, contiguous and row-major; by
/// Calibrator::calibrate. Cost: one pass over w (more for the median).
template <weights::CodedWeights W, class Calibrator = W>
[[nodiscard]] aligned_buffer<weights::calibration> calibrations(const float* w, std::size_t rows,
                                                                std::size_t cols) {
  using granularity = typename W::granularity;
  aligned_buffer<weights::calibration> all(granularity::count(rows, cols));
  if constexpr (std::is_same_v<granularity, scale::per_tensor>) {
    all[0] = Calibrator::calibrate(w, rows * cols);
  } else {
    const std::size_t n = granularity::group(cols);
    for (std::size_t r = 0, i = 0; r < rows; ++r)
      for (std::size_t first = 0; first < cols; first += n)
        all[i++] = Calibrator::calibrate(w + r * cols + first, min_of(n, cols - first));
  }
  return all;
}

/// Those of latent weights: as pack_matrix computes them, or with the scales that were learned.
template <weights::CodedWeights W>
[[nodiscard]] aligned_buffer<weights::calibration> calibrations(
    const plain_matrix<weights::f32>& from) {
  return calibrations<W>(from.elements.data(), from.rows, from.cols);
}
template <weights::LearnsScale W>
[[nodiscard]] aligned_buffer<weights::calibration> calibrations(const learned_matrix<W>& from) {
  aligned_buffer<weights::calibration> all(from.scales.size());
  from.for_each_group([&](std::size_t i, std::size_t first, std::size_t n) {
    all[i] = W::rule::calibrate_with(from.scales[i], from.elements.data() + first, n);
  });
  return all;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
