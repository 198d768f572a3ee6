#ifndef TRILITH_EXAMPLES_TRAINING_PROGRESS_HPP
#define TRILITH_EXAMPLES_TRAINING_PROGRESS_HPP

#include <trilith/train/training_reports.hpp>
#include <trilith/train/training_text.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

/// Training on stderr: on a terminal one line that is written over and over; elsewhere, as in a
/// log file, a plain line every `every` steps and at the end. Remarks have lines of their own.
///
///     training_progress_line line;
///     tl::train_options options{.steps = 20'000, .on_event = line};
class training_progress_line {
 public:
  explicit training_progress_line(std::uint64_t every = 100)
      : every_(every), is_terminal_(::isatty(STDERR_FILENO) == 1) {}
  training_progress_line(const training_progress_line&) = delete;
  training_progress_line& operator=(const training_progress_line&) = delete;
  ~training_progress_line() { end_line(); }

  void operator()(const trilith::training_event& e) {
    using trilith::training_moment;
    if (e.what == training_moment::step) show_step(e);
    if (e.what == training_moment::resumed) say("going on from", e.text);
    if (e.what == training_moment::remark) say("note:", e.text);
  }

  /// Leaves the line where it is and begins the next.
  void end_line() {
    if (is_dirty_) std::fputc('\n', stderr);
    is_dirty_ = false;
  }

 private:
  void show_step(const trilith::training_event& e) {
    left_.see(e.last.seconds);
    const bool is_last = e.last.step == e.steps;
    if (!is_last && !(is_terminal_ ? is_time() : e.last.step % every_ == 0)) return;
    const std::string text =
        trilith::training_progress(e.last, e.checked, e.steps, left_.of(e.steps - e.last.step));
    std::fprintf(stderr, is_terminal_ ? "\r\033[K%s" : "%s\n", text.c_str());
    is_dirty_ = is_terminal_;
  }
  /// Ten times a second are enough for eyes.
  bool is_time() {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ < std::chrono::milliseconds(100)) return false;
    shown_ = now;
    return true;
  }
  void say(const char* what, std::string_view text) {
    end_line();
    std::fprintf(stderr, "%s %.*s\n", what, static_cast<int>(text.size()), text.data());
  }

  std::uint64_t every_;
  bool is_terminal_, is_dirty_ = false;
  trilith::time_left left_;
  std::chrono::steady_clock::time_point shown_{};
};

#endif
