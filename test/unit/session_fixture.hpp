#ifndef TRILITH_TEST_UNIT_SESSION_FIXTURE_HPP
#define TRILITH_TEST_UNIT_SESSION_FIXTURE_HPP

#include <trilith/core/executor.hpp>
#include <trilith/kv/f32.hpp>

#include <atomic>

/// What tests put into sessions to see that options arrive there.
namespace test {

/// An executor of `threads` that runs all pieces in the caller's, last first, and counts its calls.
inline trilith::executor backwards(std::size_t& calls, std::size_t threads) {
  const auto run = [](void* context, std::size_t count, trilith::executor::task task,
                      void* argument) noexcept {
    ++*static_cast<std::size_t*>(context);
    while (count-- > 0) task(argument, count);
  };
  return {&calls, run, threads};
}

/// kv::f32 with its plain loops, counting what is stored: one for each token, layer and head.
struct counting_kv : trilith::kv::f32 {
  static constexpr std::string_view name = "counting";
  static constexpr trilith::kv_kernel kernel = trilith::kv_kernel::none;
  inline static std::atomic<std::size_t> puts = 0;
  static void put(const trilith::kv_entry& entry) noexcept {
    ++puts;
    trilith::kv::f32::put(entry);
  }
};

}  // namespace test

#endif
