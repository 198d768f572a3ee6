#include <trilith/core/processors_impl.hpp>
#include <trilith/core/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;

namespace {

/// The sum of the indices that a plain run() visits: 0 + 1 + ... + count - 1.
std::size_t sum_of(const tl::executor& run, std::size_t count) {
  std::atomic<std::size_t> sum{0};
  run.run(
      run.context, count,
      [](void* to, std::size_t i) noexcept { *static_cast<std::atomic<std::size_t>*>(to) += i; },
      &sum);
  return sum;
}

void pause(int microseconds) {
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
}

/// On how many processors a thread of the pool that is not the caller may run; waits for one.
std::size_t processors_of_a_helper(const tl::thread_pool& pool) {
  std::atomic<std::size_t> found{0};
  std::atomic<bool> begun{false};
  const auto caller = std::this_thread::get_id();
  pool.get().parallel_for(2, 1, [&](std::size_t, std::size_t) noexcept {
    if (std::this_thread::get_id() != caller) {
      found = tl::threads::allowed_processors().size();
      begun = true;
    } else {
      while (!begun) std::this_thread::yield();
    }
  });
  return found;
}

}  // namespace

TEST_CASE("run() visits any number of indices, also more than there are threads") {
  for (const std::size_t threads : {2u, 3u, 9u}) {
    const tl::thread_pool pool(threads);
    for (const std::size_t count : {0u, 1u, 2u, 3u, 8u, 9u, 10u, 1000u}) {
      INFO(threads << " threads, " << count << " indices");
      CHECK(sum_of(pool.get(), count) == (count == 0 ? 0 : count * (count - 1) / 2));
    }
  }
}

TEST_CASE("threads that fell asleep, and those about to, take up work again") {
  for (const std::size_t threads : {2u, 8u}) {
    const tl::thread_pool pool(threads);
    for (int round = 0; round < 60; ++round) {
      CHECK(sum_of(pool.get(), 50) == 1225);
      pause(round * 5);  // around the 100 us that they stay awake
    }
  }
}

TEST_CASE("a caller that has nothing left to do waits for the thread that has") {
  const tl::thread_pool pool(2);
  for (const int wait : {0, 50, 3000}) {  // awake, then asleep
    std::atomic<int> finished{0};
    std::atomic<bool> begun{false};
    const auto caller = std::this_thread::get_id();
    pool.get().parallel_for(2, 1, [&](std::size_t, std::size_t) noexcept {
      if (std::this_thread::get_id() != caller) {
        begun = true;
        pause(wait);
      } else {
        while (!begun) std::this_thread::yield();
      }
      ++finished;
    });
    CHECK(finished == 2);
  }
}

TEST_CASE("many pools begin and end, used or not") {
  for (int round = 0; round < 40; ++round) {
    const tl::thread_pool unused(4), used(4);
    CHECK(sum_of(used.get(), 7) == 21);
    if (round % 3 == 0) pause(150);
  }
}

TEST_CASE("pools may be nested in each other, and used by threads at once") {
  const tl::thread_pool outer(3), inner(3);
  std::atomic<std::size_t> total{0};
  const auto work = [&] {
    for (int round = 0; round < 20; ++round)
      outer.get().parallel_for(12, 1, [&](std::size_t first, std::size_t last) noexcept {
        for (; first < last; ++first) total += sum_of(inner.get(), 10);
      });
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(total == 2 * 20 * 12 * 45);
}

TEST_CASE("threads may be pinned, more of them than there are processors too") {
  const std::size_t processors = std::thread::hardware_concurrency();
  for (const std::size_t threads : {std::size_t{2}, 2 * processors + 1}) {
    const tl::thread_pool pool(threads, {.pin = true});
    for (int round = 0; round < 20; ++round) CHECK(sum_of(pool.get(), 100) == 4950);
#if defined(__linux__)
    CHECK(processors_of_a_helper(pool) == 1);
    CHECK(processors_of_a_helper(tl::thread_pool(threads)) ==
          tl::threads::allowed_processors().size());
#endif
  }
}
