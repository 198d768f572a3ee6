#ifndef TRILITH_BENCH_MEASURE_TIMING_HPP
#define TRILITH_BENCH_MEASURE_TIMING_HPP

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace bench {

/// Seconds of a clock that never goes back.
[[nodiscard]] inline double now() noexcept {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds that this thread has had a processor: for long work of one thread on a busy machine.
[[nodiscard]] inline double processor_seconds() noexcept {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Runs body(i) in `threads` threads that start together; the seconds from the first start to the
/// last end, without what it takes to make the threads.
template <class Body>
[[nodiscard]] double seconds_together(std::size_t threads, const Body& body) {
  std::atomic<std::size_t> waiting = threads;
  std::vector<double> starts(threads), ends(threads);
  const auto one = [&](std::size_t i) {
    for (--waiting; waiting != 0;) std::this_thread::yield();
    starts[i] = now();
    body(i);
    ends[i] = now();
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(one, i);
  one(0);
  for (std::thread& t : others) t.join();
  return *std::max_element(ends.begin(), ends.end()) -
         *std::min_element(starts.begin(), starts.end());
}

/// The tenth percentile: what other work on the machine disturbs least, and no lucky moment alone.
[[nodiscard]] inline double low_decile(std::vector<double>& times) {
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10);
  std::nth_element(times.begin(), at, times.end());
  return *at;
}
[[nodiscard]] inline double least(std::vector<double>& times) {
  return *std::min_element(times.begin(), times.end());
}

/// Work a second of body(work), which returns its seconds: the low decile, or another `choice`, of
/// windows of at least a millisecond in `total` seconds. Finding how much work that is warms up.
template <class Body>
[[nodiscard]] double rate_of(double total, const Body& body,
                             double (*choice)(std::vector<double>&) = low_decile) {
  constexpr double window = 1e-3;
  const auto best_of_three = [&](std::size_t work) {
    return std::min({body(work), body(work), body(work)});
  };
  std::size_t work = 1;
  for (double taken = best_of_three(work); taken < window; taken = best_of_three(work))
    work = std::max(work + 1, static_cast<std::size_t>(static_cast<double>(work) *
                                                       std::min(10.0, 1.2 * window / taken)));
  std::vector<double> times;
  for (const double end = now() + total; now() < end || times.size() < 9;)
    times.push_back(body(work));
  return static_cast<double>(work) / choice(times);
}

}  // namespace bench

#endif
