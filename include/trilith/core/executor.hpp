#ifndef TRILITH_CORE_EXECUTOR_HPP
#define TRILITH_CORE_EXECUTOR_HPP

#include <cstddef>
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

  /// body(begin, end) over [0, count) in at most `threads` pieces of at least `grain` indices; or
  /// body(begin, end, piece), to give each piece working memory of its own.
  template <class Body>
  void parallel_for(std::size_t count, std::size_t grain, Body&& body) const noexcept {
    const std::size_t most = grain == 0 ? count : count / grain;
    const std::size_t pieces = most < threads ? most : threads;
    if (run == nullptr || pieces <= 1) {
      if (count != 0) call(body, 0, count, 0);
      return;
    }
    struct job {
      std::remove_reference_t<Body>* body;
      std::size_t count, pieces;
    } all{&body, count, pieces};
    run(
        context, pieces,
        [](void* argument, std::size_t i) noexcept {
          const job& j = *static_cast<job*>(argument);
          call(*j.body, j.count * i / j.pieces, j.count * (i + 1) / j.pieces, i);
        },
        &all);
  }

 private:
  template <class Body>
  static void call(Body& body, std::size_t begin, std::size_t end, std::size_t piece) noexcept {
    if constexpr (std::is_invocable_v<Body&, std::size_t, std::size_t, std::size_t>)
      body(begin, end, piece);
    else
      body(begin, end);
  }
};

}  // namespace trilith

#endif
