#ifndef TRILITH_CORE_THREAD_POOL_IMPL_HPP
#define TRILITH_CORE_THREAD_POOL_IMPL_HPP

#include <trilith/core/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace trilith::TRILITH_IMPLEMENTED {

namespace threads {

/// One parallel loop at a time; workers and the caller take indices until none is left.
class pool {
 public:
  explicit pool(std::size_t workers) {
    for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  }
  ~pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void run(std::size_t count, executor::task task, void* argument) noexcept {
    if (inside_) return run_here(count, task, argument);
    const std::unique_lock turn(turn_, std::try_to_lock);
    if (!turn.owns_lock()) return run_here(count, task, argument);
    {
      const std::lock_guard lock(mutex_);
      task_ = task;
      argument_ = argument;
      count_ = count;
      next_.store(0, std::memory_order_relaxed);
      active_ = workers_.size();
      ++round_;
    }
    wake_.notify_all();
    inside_ = true;
    take_indices();
    inside_ = false;
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [this] { return active_ == 0; });
  }

 private:
  static void run_here(std::size_t count, executor::task task, void* argument) noexcept {
    for (std::size_t i = 0; i < count; ++i) task(argument, i);
  }

  void take_indices() noexcept {
    for (std::size_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
         i = next_.fetch_add(1, std::memory_order_relaxed))
      task_(argument_, i);
  }

  void work() noexcept {
    inside_ = true;
    std::unique_lock lock(mutex_);
    for (std::size_t seen = 0;;) {
      wake_.wait(lock, [&] { return stopping_ || round_ != seen; });
      if (stopping_) return;
      seen = round_;
      lock.unlock();
      take_indices();
      lock.lock();
      if (--active_ == 0) finished_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex turn_, mutex_;
  std::condition_variable wake_, finished_;
  std::atomic<std::size_t> next_{0};
  std::size_t count_ = 0, active_ = 0, round_ = 0;
  executor::task task_ = nullptr;
  void* argument_ = nullptr;
  bool stopping_ = false;
  inline static thread_local bool inside_ = false;  ///< this thread is running a task
};

}  // namespace threads

void* start_threads(std::size_t count) {
  return new threads::pool(count);
}

void stop_threads(void* pool) noexcept {
  delete static_cast<threads::pool*>(pool);
}

void run_on_threads(void* pool, std::size_t count, executor::task run, void* argument) noexcept {
  static_cast<threads::pool*>(pool)->run(count, run, argument);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
