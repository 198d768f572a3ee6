#ifndef TRILITH_BENCH_MEASURE_PROGRESS_HPP
#define TRILITH_BENCH_MEASURE_PROGRESS_HPP

#include "timing.hpp"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace bench {

/// One line on a terminal's stderr: how far, what now, and how long it may still take.
class progress {
 public:
  explicit progress(double total) : total_(total) {}
  ~progress() { clear(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// `done` of the total is over, `what` comes now.
  void at(double done, const std::string& what) {
    if (!shown_) return;
    const double passed = now() - start_;
    std::string left;
    if (done > 0 && passed > 1)
      left = ", about " + std::to_string(static_cast<int>(passed * (total_ - done) / done) + 1) +
             " s left";
    std::fprintf(stderr, "\r\033[K%3.0f%%%s  %s", 100 * done / total_, left.c_str(), what.c_str());
    std::fflush(stderr);
  }
  void clear() const {
    if (shown_) std::fputs("\r\033[K", stderr);
  }

 private:
  double total_;
  double start_ = now();
  bool shown_ = isatty(STDERR_FILENO) == 1;
};

}  // namespace bench

#endif
