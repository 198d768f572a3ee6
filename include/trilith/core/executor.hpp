#ifndef TRILITH_CORE_EXECUTOR_HPP
#define TRILITH_CORE_EXECUTOR_HPP

#include <trilith/core/work_shares.hpp>

#include <type_traits>

namespace trilith {

/// Who runs the independent pieces of a product. Empty, it runs them in the calling thread; a
/// thread_pool fills it, and so can a program that has threads of its own. Results never depend on
/// it: pieces write disjoint rows and each row is summed in one fixed order.
struct executor {
  using task = void (*)(void* argument, std::size_t index) noexcept;

  void* context = nullptr;
  /// Calls run(argument, i) for every i in [0, count), in any order, and returns when all are done.
  void (*run)(void* context, std::size_t count, task run, void* argument) noexcept = nullptr;
  std::size_t threads = 1;

  /// body(begin, end) over [0, count), in several pieces for each of at most `threads` threads; or
  /// body(begin, end, slot), to give each thread working memory of its own: slot < threads, and no
  /// two threads use the same one at once. A piece is long enough where `grain` indices are worth
  /// waking a thread for: fewer than 2 * grain are one piece in the calling thread. Pieces must not
  /// wait for each other.
  /// Cost: about 1 us where the threads of a thread_pool are awake (docs/performance.md).
  template <class Body>
  void parallel_for(std::size_t count, std::size_t grain, Body&& body) const noexcept {
    const std::size_t most = grain == 0 ? count : count / grain;
    const std::size_t slots = most < threads ? most : threads;
    if (run == nullptr || slots <= 1) {
      if (count != 0) call(body, 0, count, 0);
      return;
    }
    struct job {
      std::remove_reference_t<Body>* body;
      work_shares work;
    } all{&body, {count, slots}};
    run(
        context, slots,
        [](void* argument, std::size_t slot) noexcept {
          job& j = *static_cast<job*>(argument);
          for (std::size_t begin = 0, end = 0; j.work.take(slot, begin, end);)
            call(*j.body, begin, end, slot);
        },
        &all);
  }

 private:
  template <class Body>
  static void call(Body& body, std::size_t begin, std::size_t end, std::size_t slot) noexcept {
    if constexpr (std::is_invocable_v<Body&, std::size_t, std::size_t, std::size_t>)
      body(begin, end, slot);
    else
      body(begin, end);
  }
};

}  // namespace trilith

#endif
