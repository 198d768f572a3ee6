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

  /// body(begin, end) over [0, count) in pieces of at least `grain` indices.
  template <class Body>
  void parallel_for(std::size_t count, std::size_t grain, Body&& body) const noexcept {
    const std::size_t most = grain == 0 ? count : count / grain;
    const std::size_t pieces = most < threads ? most : threads;
    if (run == nullptr || pieces <= 1) {
      if (count != 0) body(std::size_t{0}, count);
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
          (*j.body)(j.count * i / j.pieces, j.count * (i + 1) / j.pieces);
        },
        &all);
  }
};

}  // namespace trilith

#endif
