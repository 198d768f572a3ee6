#ifndef TRILITH_EXAMPLES_PROGRESS_HPP
#define TRILITH_EXAMPLES_PROGRESS_HPP

#include <trilith/train/training_text.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

/// A line on stderr that says how far something is and how long it still takes; it disappears at
/// the end. Nothing is written where stderr is no terminal.
///
///     progress_line bar("loading");
///     auto m = tl::io::load(path, {.report = bar});
class progress_line {
 public:
  explicit progress_line(std::string what)
      : what_(std::move(what)), is_shown_(::isatty(STDERR_FILENO) == 1) {}
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }

  /// As io::progress wants it: never cancels.
  bool operator()(double fraction, std::string_view detail = {}) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_shown_ || now - last_ < std::chrono::milliseconds(100)) return true;
    last_ = now;
    const double spent = std::chrono::duration<double>(now - begin_).count();
    const double left = fraction > 0 ? spent * (1 - fraction) / fraction : 0;
    std::fprintf(stderr, "\r\033[K%s %3.0f %%, %s left  %.*s", what_.c_str(), 100 * fraction,
                 trilith::duration_text(left).c_str(), static_cast<int>(detail.size()),
                 detail.data());
    std::fflush(stderr);
    is_dirty_ = true;
    return true;
  }

  void clear() {
    if (is_dirty_) std::fprintf(stderr, "\r\033[K");
    is_dirty_ = false;
  }

 private:
  std::string what_;
  bool is_shown_, is_dirty_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now(), last_{};
};

#endif
