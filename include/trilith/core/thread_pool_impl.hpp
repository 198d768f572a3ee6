#ifndef TRILITH_CORE_THREAD_POOL_IMPL_HPP
#define TRILITH_CORE_THREAD_POOL_IMPL_HPP

#include <trilith/core/patience_impl.hpp>
#include <trilith/core/processors_impl.hpp>
#include <trilith/core/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace trilith::threads {

/// What a worker does. Only the worker leaves idle for asleep and offered for running; only the
/// caller of pool::run makes an offer, and it may take it back.
enum state : std::uint32_t { idle, asleep, offered, running, awaited, stopping };

/// A thread and the word that it and the pool talk by, alone on its cache line.
class alignas(64) worker {
 public:
  /// False where the system has no thread to give.
  template <class Serve>
  [[nodiscard]] bool start(Serve serve, const patience& how_long) noexcept {
    patience_ = how_long;
    try {
      thread_ = std::thread([this, serve, own = how_long]() mutable {
        while (accept(own)) {
          serve();
          if (state_.exchange(idle, std::memory_order_acq_rel) == awaited) state_.notify_one();
        }
      });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }
  void stop() noexcept {
    tell(stopping);
    thread_.join();
  }
  [[nodiscard]] std::thread& thread() noexcept { return thread_; }

  void offer() noexcept { tell(offered); }
  /// True where the worker had not begun: then it never will.
  [[nodiscard]] bool take_back() noexcept { return change(offered, idle); }
  /// Returns when the worker has done what it began.
  void await() noexcept {
    if (patience_.until([this] { return !is_running(); })) return;
    while (is_running()) {
      change(running, awaited);
      state_.wait(awaited, std::memory_order_acquire);
    }
  }

 private:
  /// The worker's side: returns with an offer accepted, or false when it is to stop.
  [[nodiscard]] bool accept(patience& own) noexcept {
    for (;;) {
      std::uint32_t now = idle;
      const auto is_told = [&] { return (now = state_.load(std::memory_order_relaxed)) != idle; };
      (void)own.until(is_told);
      if (now == stopping) return false;
      if (now == offered && change(offered, running)) return true;
      if (change(idle, asleep)) state_.wait(asleep, std::memory_order_acquire);
    }
  }
  void tell(state what) noexcept {
    if (state_.exchange(what, std::memory_order_acq_rel) == asleep) state_.notify_one();
  }
  bool change(std::uint32_t from, state to) noexcept {
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel,
                                          std::memory_order_acquire);
  }
  [[nodiscard]] bool is_running() const noexcept {
    const std::uint32_t now = state_.load(std::memory_order_acquire);
    return now == running || now == awaited;
  }

  std::atomic<std::uint32_t> state_{idle};
  patience patience_{std::chrono::microseconds(0)};  ///< the caller's
  std::thread thread_;
};

/// One loop at a time. The caller has index 0 and worker w index w + 1; further indices go to
/// whoever is free, and what a sleeping worker has not begun when the caller is done, the caller
/// does.
class pool {
 public:
  pool(std::size_t count, const thread_options& how) : workers_(count) {
    const std::vector<int> processors = allowed_processors();
    const std::size_t cores =
        processors.empty() ? std::thread::hardware_concurrency() : processors.size();
    // more threads than cores: who waits awake keeps others from working
    const patience how_long(std::chrono::microseconds(count < cores ? 100 : 0));
    while (started_ < count && workers_[started_].start(server{this, started_ + 1}, how_long)) {
      if (how.pin && !processors.empty())
        pin(workers_[started_].thread(), processors[(started_ + 1) % processors.size()]);
      ++started_;
    }
  }
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() {
    for (std::size_t w = 0; w < started_; ++w) workers_[w].stop();
  }

  void run(std::size_t count, executor::task task, void* argument) noexcept {
    const std::size_t helpers = count == 0 ? 0 : std::min(count - 1, started_);
    if (helpers == 0 || busy_.exchange(true, std::memory_order_acquire))
      return run_all(0, count, task, argument);
    task_ = task;
    argument_ = argument;
    count_ = count;
    next_.store(helpers + 1, std::memory_order_relaxed);
    for (std::size_t w = 0; w < helpers; ++w) workers_[w].offer();
    serve(0);
    for (std::size_t w = 0; w < helpers; ++w)
      if (workers_[w].take_back()) task(argument, w + 1);
    for (std::size_t w = 0; w < helpers; ++w) workers_[w].await();
    busy_.store(false, std::memory_order_release);
  }

 private:
  struct server {
    pool* of;
    std::size_t index;
    void operator()() const noexcept { of->serve(index); }
  };

  static void run_all(std::size_t first, std::size_t last, executor::task task,
                      void* argument) noexcept {
    for (; first < last; ++first) task(argument, first);
  }

  /// The index of this thread, then others that nobody has.
  void serve(std::size_t index) noexcept {
    task_(argument_, index);
    while (next_.load(std::memory_order_relaxed) < count_) {
      const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
      if (i < count_) task_(argument_, i);
    }
  }

  std::vector<worker> workers_;
  std::size_t started_ = 0;
  std::atomic<bool> busy_{false};
  alignas(64) std::atomic<std::size_t> next_{0};
  std::size_t count_ = 0;
  executor::task task_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace trilith::threads

namespace trilith::TRILITH_IMPLEMENTED {

void* start_threads(std::size_t count, const thread_options& how) {
  return new threads::pool(count, how);
}

void stop_threads(void* pool) noexcept {
  delete static_cast<threads::pool*>(pool);
}

void run_on_threads(void* pool, std::size_t count, executor::task run, void* argument) noexcept {
  static_cast<threads::pool*>(pool)->run(count, run, argument);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
