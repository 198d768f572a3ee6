#ifndef TRILITH_TRAIN_CODE_STATISTICS_HPP
#define TRILITH_TRAIN_CODE_STATISTICS_HPP

#include <cmath>
#include <cstdint>

namespace trilith {

/// What a quantisation of all latent weights gave.
struct code_statistics {
  std::uint64_t codes = 0;    ///< quantised weights
  std::uint64_t flipped = 0;  ///< whose code is another than before
  std::uint64_t zeros = 0;    ///< whose code is 0
  double log_scales = 0;      ///< sum of log scale over the matrices' scales
  std::uint64_t scales = 0;

  /// The geometric mean of all scales: divided by the first one of a run, how far they drifted.
  [[nodiscard]] double scale() const noexcept {
    return scales == 0 ? 1 : std::exp(log_scales / static_cast<double>(scales));
  }
  code_statistics& operator+=(const code_statistics& o) noexcept {
    codes += o.codes;
    flipped += o.flipped;
    zeros += o.zeros;
    log_scales += o.log_scales;
    scales += o.scales;
    return *this;
  }
};

}  // namespace trilith

#endif
