#include <trilith/core/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;

namespace {

/// How often a loop over `count` indices visits each of them.
std::vector<int> visits(const tl::executor& run, std::size_t count, std::size_t grain) {
  std::vector<std::atomic<int>> seen(count);
  run.parallel_for(count, grain, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t i = first; i < last; ++i) seen[i].fetch_add(1, std::memory_order_relaxed);
  });
  return {seen.begin(), seen.end()};
}

bool each_once(const std::vector<int>& seen) {
  return std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; });
}

}  // namespace

TEST_CASE("an empty executor runs in the calling thread, in one piece") {
  const tl::executor run;
  const auto caller = std::this_thread::get_id();
  int calls = 0;
  run.parallel_for(1000, 1, [&](std::size_t first, std::size_t last, std::size_t piece) noexcept {
    calls += first == 0 && last == 1000 && piece == 0 && std::this_thread::get_id() == caller;
  });
  CHECK(calls == 1);
  run.parallel_for(0, 1, [&](std::size_t, std::size_t) noexcept { ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("every index is visited exactly once") {
  for (const std::size_t threads : {0u, 1u, 2u, 3u, 7u}) {
    const tl::thread_pool pool(threads);
    for (const std::size_t count : {0u, 1u, 2u, 3u, 8u, 63u, 1000u})
      for (const std::size_t grain : {0u, 1u, 2u, 10u, 5000u}) {
        INFO(threads << " threads, " << count << " indices, grain " << grain);
        CHECK(each_once(visits(pool.get(), count, grain)));
      }
  }
}

TEST_CASE("no two threads use one slot at once, and few indices are one piece") {
  const tl::thread_pool pool(3);
  for (const std::size_t count : {1u, 5u, 19u, 20u, 31u, 299u, 5000u}) {
    std::array<std::atomic<bool>, 3> used{};
    std::atomic<int> strangers{0}, pieces{0};
    std::atomic<std::size_t> total{0}, shortest{count};
    pool.get().parallel_for(count, 10,
                            [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                              ++pieces;
                              total += last - first;
                              if (last - first < shortest) shortest = last - first;
                              if (slot >= 3 || used[slot].exchange(true)) ++strangers;
                              std::this_thread::yield();
                              if (slot < 3) used[slot] = false;
                            });
    INFO(count << " indices");
    CHECK(strangers == 0);
    CHECK(total == count);
    if (count < 20)
      CHECK(pieces == 1);
    else
      CHECK((pieces >= 8 && pieces <= 12 && shortest >= 2));
  }
}

TEST_CASE("long pieces begin where kernels like rows to begin") {
  const tl::thread_pool pool(2);
  for (const std::size_t count : {2560u, 6912u, 1001u, 130u}) {
    std::atomic<int> odd{0};
    const std::size_t step = count >= 2048 ? 32 : count >= 1001 ? 16 : 4;
    pool.get().parallel_for(
        count, 8, [&](std::size_t first, std::size_t) noexcept { odd += first % step != 0; });
    INFO(count << " indices");
    CHECK(odd == 0);
  }
}

TEST_CASE("an executor of the program's own may run the indices one after the other") {
  tl::executor run;
  run.threads = 4;
  run.run = [](void*, std::size_t count, tl::executor::task task, void* argument) noexcept {
    while (count-- > 0) task(argument, count);
  };
  for (const std::size_t count : {4u, 9u, 1000u}) CHECK(each_once(visits(run, count, 1)));
  run.threads = 100;  // more than have a share of their own
  for (const std::size_t count : {100u, 101u, 5000u}) CHECK(each_once(visits(run, count, 1)));
}

TEST_CASE("two pieces can be in progress at once") {
  const tl::thread_pool pool(2);
  std::atomic<int> inside{0};
  // each piece waits for the other: only two threads get past
  pool.get().parallel_for(2, 1, [&](std::size_t, std::size_t) noexcept {
    ++inside;
    while (inside < 2) std::this_thread::yield();
  });
  CHECK(inside == 2);
}

TEST_CASE("a loop inside a task runs in the task's own thread") {
  const tl::thread_pool pool(3);
  const tl::executor run = pool.get();
  std::atomic<int> total{0}, elsewhere{0};
  run.parallel_for(6, 1, [&](std::size_t first, std::size_t last) noexcept {
    for (std::size_t i = first; i < last; ++i) {
      const auto outer = std::this_thread::get_id();
      run.parallel_for(50, 1, [&](std::size_t a, std::size_t b) noexcept {
        total += static_cast<int>(b - a);
        elsewhere += std::this_thread::get_id() != outer;
      });
    }
  });
  CHECK(total == 300);
  CHECK(elsewhere == 0);
}

TEST_CASE("several threads may use one pool at once") {
  const tl::thread_pool pool(2);
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int u = 0; u < 4; ++u)
    users.emplace_back([&] {
      for (std::size_t round = 0; round < 100; ++round)
        wrong += !each_once(visits(pool.get(), 17 + round % 5, 1));
    });
  for (std::thread& user : users) user.join();
  CHECK(wrong == 0);
}

TEST_CASE("a pool can be moved while its executor is in use") {
  tl::thread_pool first(2);
  const tl::executor run = first.get();
  tl::thread_pool second(std::move(first));
  CHECK(each_once(visits(run, 100, 1)));
  CHECK(first.get().run == nullptr);
  CHECK(first.get().threads == 1);
  tl::thread_pool third;
  third = std::move(second);
  CHECK(each_once(visits(run, 100, 1)));
  CHECK(third.get().threads == 2);
}
