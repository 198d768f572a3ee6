#ifndef TRILITH_CORE_PATIENCE_IMPL_HPP
#define TRILITH_CORE_PATIENCE_IMPL_HPP

#include <algorithm>
#include <chrono>

namespace trilith::threads {

/// Tells the processor that this thread only waits.
inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// Waits for something that another thread will soon do, without sleeping, and not for long. Where
/// that was in vain, as on a busy machine, where the other thread may need this very core, the next
/// times are shorter; now and then one is long again, to see whether things have changed.
///
/// It does not yield: on a busy machine that gives a whole time slice away, sleeping does not.
class patience {
 public:
  explicit patience(std::chrono::microseconds most) noexcept : most_(most), limit_(most) {}

  /// False when it is time to sleep.
  template <class IsReady>
  [[nodiscard]] bool until(IsReady is_ready) noexcept {
    const bool is_long = ++waits_ % 64 == 0;
    const clock::duration limit = is_long ? most_ : limit_;
    const auto start = clock::now();
    do {
      for (int turn = 0; turn < 16; ++turn) {
        if (is_ready()) {
          limit_ = is_long ? most_ : std::min(2 * limit_, most_);
          return true;
        }
        pause();
      }
    } while (clock::now() - start < limit);
    limit_ = std::max(limit_ / 2, most_ / 16);
    return false;
  }

 private:
  using clock = std::chrono::steady_clock;
  clock::duration most_, limit_;
  unsigned waits_ = 0;
};

}  // namespace trilith::threads

#endif
