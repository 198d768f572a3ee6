#ifndef TRILITH_ADAPT_MERGE_REPORT_HPP
#define TRILITH_ADAPT_MERGE_REPORT_HPP

#include <trilith/core/numeric.hpp>

#include <cstdint>

namespace trilith::inline TRILITH_ABI {

/// What a merge did to quantised weights; those of several matrices add up.
struct merge_report {
  std::uint64_t codes = 0;
  std::uint64_t flipped = 0;  ///< codes that are others than before
  double wanted = 0;          ///< sum D^2 of the change D that was asked for
  double realised = 0;        ///< sum D (W~' - W~) of what the quantised weights moved

  /// Of the codes.
  [[nodiscard]] double flipped_share() const noexcept {
    return codes == 0 ? 0 : static_cast<double>(flipped) / static_cast<double>(codes);
  }
  /// How far the quantised weights went into the direction that was asked for: <D, W~' - W~> /
  /// <D, D>. 0 where the change was lost, 1 where all of it arrived.
  [[nodiscard]] double transmitted_share() const noexcept {
    return wanted > 0 ? realised / wanted : 0;
  }

  merge_report& operator+=(const merge_report& more) noexcept {
    codes += more.codes;
    flipped += more.flipped;
    wanted += more.wanted;
    realised += more.realised;
    return *this;
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif
