#ifndef TRILITH_TRAIN_CODE_STATISTICS_HPP
#define TRILITH_TRAIN_CODE_STATISTICS_HPP

#include <cstdint>

namespace trilith {

/// What a requantisation did to the codes of all coded matrices together.
struct code_statistics {
  std::uint64_t codes = 0;
  std::uint64_t flipped = 0;  ///< codes that are others than before
  std::uint64_t zeros = 0;
  double scale_drift = 1;  ///< geometric mean of scale / the scale of the first step

  /// Of all codes, in [0, 1]; 0 without any.
  [[nodiscard]] constexpr double flipped_share() const noexcept { return share(flipped); }
  [[nodiscard]] constexpr double zero_share() const noexcept { return share(zeros); }

 private:
  [[nodiscard]] constexpr double share(std::uint64_t part) const noexcept {
    return codes == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(codes);
  }
};

}  // namespace trilith

#endif
