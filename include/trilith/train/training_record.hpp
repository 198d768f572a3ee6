#ifndef TRILITH_TRAIN_TRAINING_RECORD_HPP
#define TRILITH_TRAIN_TRAINING_RECORD_HPP

#include <trilith/train/training_log.hpp>
#include <trilith/train/training_text.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace trilith {

/// The log and the curve of a run; either path may be empty, and then there is none.
class training_record {
 public:
  /// `done` steps stay, and their rows; 0 begins a new log.
  [[nodiscard]] static result<training_record> open(std::string log, std::string curve,
                                                    std::uint64_t done) {
    training_record out;
    out.curve_ = std::move(curve);
    if (log.empty()) return out;
    auto file = done == 0 ? training_log::begin(std::move(log))
                          : training_log::resume(std::move(log), done, out.history_);
    if (!file) return std::move(file).error();
    out.log_.push_back(std::move(file).value());
    return out;
  }

  /// `checked` may be null.
  [[nodiscard]] status add(const step_report& step, const validation_report* checked) {
    const auto x = static_cast<double>(step.step);
    history_.losses.push_back({x, step.loss});
    if (checked != nullptr) history_.bits_per_byte.push_back({x, checked->bits_per_byte});
    return log_.empty() ? status(done{}) : log_[0].add(step, checked);
  }
  /// What was added is on disk.
  [[nodiscard]] status sync() { return log_.empty() ? status(done{}) : log_[0].sync(); }
  /// The curve shows what was added.
  [[nodiscard]] status draw() const {
    return curve_.empty() ? status(done{}) : write_svg(curve_, training_curve(history_));
  }

  [[nodiscard]] const training_history& history() const noexcept { return history_; }

 private:
  std::vector<training_log> log_;  ///< at most one
  std::string curve_;
  training_history history_;
};

}  // namespace trilith

#endif
