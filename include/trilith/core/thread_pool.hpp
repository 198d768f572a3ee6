#ifndef TRILITH_CORE_THREAD_POOL_HPP
#define TRILITH_CORE_THREAD_POOL_HPP

#include <trilith/config.hpp>
#include <trilith/core/executor.hpp>

#include <cstddef>
#include <utility>

namespace trilith {

struct thread_options {
  /// Keeps every thread but the caller's on one processor of those that the program may use.
  /// Nothing happens where the system refuses. It helps on a machine that is otherwise idle, and
  /// hurts on one that is not.
  bool pin = false;
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
void* start_threads(std::size_t count, const thread_options& how);
void stop_threads(void* pool) noexcept;
void run_on_threads(void* pool, std::size_t count, executor::task run, void* argument) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Threads that wait for work, and an executor that uses them.
///
/// A token is hundreds of products of 40 to 250 us each, and waking a thread takes 5 to 50 us. So
/// after each piece of work a thread stays awake for 0.1 ms, and sleeps then: an idle pool costs no
/// processor time. A pool of more threads than processors sleeps at once.
///
/// The caller takes part, and does itself what a thread has not begun when it is done: a loop waits
/// for nobody to wake up. Safe to use from several threads and from inside a running task: a call
/// that finds the pool busy runs in its own thread. The destructor waits for the threads to end; a
/// child process made by fork() has none, computes alone, and must not destroy the pool.
class thread_pool {
 public:
  thread_pool() noexcept = default;
  /// `threads` in all, the calling one included; 0 and 1 start none. Where the system refuses some,
  /// those it gave do the work.
  explicit thread_pool(std::size_t threads, const thread_options& how = {})
      : threads_(threads == 0 ? 1 : threads),
        pool_(threads_ > 1 ? TRILITH_IMPLEMENTED::start_threads(threads_ - 1, how) : nullptr) {}
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
