#ifndef TRILITH_TRAIN_TRAINING_LOG_HPP
#define TRILITH_TRAIN_TRAINING_LOG_HPP

#include <trilith/core/error.hpp>
#include <trilith/train/curve.hpp>
#include <trilith/train/training_reports.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith {

/// What the curve of a run shows.
struct training_history {
  std::vector<curve_point> losses;         ///< nats a token, by step
  std::vector<curve_point> bits_per_byte;  ///< of the validation file
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
std::string log_row(const step_report& step, const validation_report* validation);
result<int> begin_log(const std::string& path);
result<int> continue_log(const std::string& path, std::uint64_t done, training_history& history);
status write_log(int file, const std::string& path, std::string_view text);
status sync_log(int file, const std::string& path);
void close_log(int file) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// A CSV file with a row for each step. Every row reaches the system before add() returns, so that
/// it survives the program, and the disk at sync().
class training_log {
 public:
  /// A new file with a header.
  [[nodiscard]] static result<training_log> begin(std::string path) {
    return made(TRILITH_IMPLEMENTED::begin_log(path), path);
  }
  /// The file of a run of which `done` steps stay: what lies behind their rows is cut off, and the
  /// rows are read into `history`. Where there is no file, a new one.
  /// Errors: malformed where it is no such log.
  [[nodiscard]] static result<training_log> resume(std::string path, std::uint64_t done,
                                                   training_history& history) {
    return made(TRILITH_IMPLEMENTED::continue_log(path, done, history), path);
  }
  training_log(training_log&& other) noexcept
      : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
  training_log& operator=(training_log&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~training_log() {
    if (file_ >= 0) TRILITH_IMPLEMENTED::close_log(file_);
  }

  /// `validation` may be null. Error: io_failure.
  [[nodiscard]] status add(const step_report& step, const validation_report* validation) {
    return TRILITH_IMPLEMENTED::write_log(file_, path_,
                                          TRILITH_IMPLEMENTED::log_row(step, validation));
  }
  [[nodiscard]] status sync() { return TRILITH_IMPLEMENTED::sync_log(file_, path_); }

 private:
  training_log(std::string path, int file) noexcept : path_(std::move(path)), file_(file) {}
  [[nodiscard]] static result<training_log> made(result<int> file, std::string& path) {
    if (!file) return std::move(file).error();
    return training_log(std::move(path), *file);
  }

  std::string path_;
  int file_ = -1;
};

}  // namespace trilith

#endif
