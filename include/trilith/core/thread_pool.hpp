#ifndef TRILITH_CORE_THREAD_POOL_HPP
#define TRILITH_CORE_THREAD_POOL_HPP

#include <trilith/config.hpp>
#include <trilith/core/executor.hpp>

#include <cstddef>
#include <utility>

namespace trilith::TRILITH_IMPLEMENTED {
void* start_threads(std::size_t count);
void stop_threads(void* pool) noexcept;
void run_on_threads(void* pool, std::size_t count, executor::task run, void* argument) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Threads that sleep until there is work, and an executor that uses them.
///
/// Safe to use from several threads and from inside a running task: a call that finds the pool busy
/// runs in its own thread.
class thread_pool {
 public:
  thread_pool() noexcept = default;
  /// `threads` in all, the calling one included; 0 and 1 start none.
  explicit thread_pool(std::size_t threads)
      : threads_(threads == 0 ? 1 : threads),
        pool_(threads_ > 1 ? TRILITH_IMPLEMENTED::start_threads(threads_ - 1) : nullptr) {}
  thread_pool(thread_pool&& other) noexcept
      : threads_(std::exchange(other.threads_, 1)), pool_(std::exchange(other.pool_, nullptr)) {}
  thread_pool& operator=(thread_pool&& other) noexcept {
    std::swap(threads_, other.threads_);
    std::swap(pool_, other.pool_);
    return *this;
  }
  ~thread_pool() {
    if (pool_ != nullptr) TRILITH_IMPLEMENTED::stop_threads(pool_);
  }

  /// Valid while the pool lives; moving the pool keeps it valid.
  [[nodiscard]] executor get() const noexcept {
    if (pool_ == nullptr) return {};
    return {pool_, &TRILITH_IMPLEMENTED::run_on_threads, threads_};
  }

 private:
  std::size_t threads_ = 1;
  void* pool_ = nullptr;
};

}  // namespace trilith

#endif
