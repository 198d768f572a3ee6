#ifndef TRILITH_TRAIN_TRAINING_TEXT_HPP
#define TRILITH_TRAIN_TRAINING_TEXT_HPP

#include <trilith/train/curve.hpp>
#include <trilith/train/training_log.hpp>
#include <trilith/train/training_reports.hpp>

#include <cstdint>
#include <string>

namespace trilith::TRILITH_IMPLEMENTED {
std::string progress_of_training(const step_report& last, const validation_report& checked,
                                 std::uint64_t steps, double seconds_left);
std::string spelled_duration(double seconds);
double monotonic_seconds() noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// One line for people, without a line end:
///
///     "1200/20000  loss 3.142  validation 1.234 bits/byte  18.3k tokens/s  2 h 05 min left"
///
/// Validation is left out before the first, and time where it is not known (negative).
[[nodiscard]] inline std::string training_progress(const step_report& last,
                                                   const validation_report& checked,
                                                   std::uint64_t steps, double seconds_left = -1) {
  return TRILITH_IMPLEMENTED::progress_of_training(last, checked, steps, seconds_left);
}

/// "2 h 05 min", "3 min 12 s", "9 s".
[[nodiscard]] inline std::string duration_text(double seconds) {
  return TRILITH_IMPLEMENTED::spelled_duration(seconds);
}

/// How long a run still takes, from the time that its last steps took:
/// mean <- mean + (seconds - mean) / min(n, 50) for step number n.
class time_left {
 public:
  void see(double seconds) noexcept {
    if (count_ < 50) ++count_;
    mean_ += (seconds - mean_) / static_cast<double>(count_);
  }
  /// Negative where nothing was seen.
  [[nodiscard]] double of(std::uint64_t steps) const noexcept {
    return count_ == 0 ? -1.0 : mean_ * static_cast<double>(steps);
  }

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0;
};

/// Loss on the left axis, validation on the right.
[[nodiscard]] inline curve training_curve(const training_history& history) {
  curve out{.title = "training",
            .x = "step",
            .left = "loss, nats per token",
            .right = "validation, bits per byte",
            .series = {}};
  out.series.push_back({"training loss", history.losses, true, false});
  if (!history.bits_per_byte.empty())
    out.series.push_back({"validation", history.bits_per_byte, false, true});
  return out;
}

}  // namespace trilith

#endif
