#ifndef TRILITH_TEST_COUNTING_POOL_HPP
#define TRILITH_TEST_COUNTING_POOL_HPP

#include <trilith/core/thread_pool.hpp>

#include <atomic>

namespace test {

/// A pool that knows how many loops it was given to share out: a test of several threads whose work
/// is one piece, which the calling thread does alone, would show nothing.
class counting_pool {
 public:
  explicit counting_pool(std::size_t threads) : threads_(threads), pool_(threads) {}
  [[nodiscard]] trilith::executor get() const noexcept {
    return {const_cast<counting_pool*>(this), &run, threads_};
  }
  [[nodiscard]] int shared_loops() const noexcept { return loops_; }

 private:
  static void run(void* self, std::size_t count, trilith::executor::task task,
                  void* argument) noexcept {
    auto& to = *static_cast<counting_pool*>(self);
    if (count > 1) ++to.loops_;
    const trilith::executor threads = to.pool_.get();
    threads.run(threads.context, count, task, argument);
  }

  std::size_t threads_;
  trilith::thread_pool pool_;
  std::atomic<int> loops_{0};
};

}  // namespace test

#endif
