#ifndef TRILITH_CORE_PROCESSORS_IMPL_HPP
#define TRILITH_CORE_PROCESSORS_IMPL_HPP

#include <cstddef>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace trilith::threads {

/// The processors that this thread may run on, by number; empty where the system does not say.
[[nodiscard]] inline std::vector<int> allowed_processors() {
  std::vector<int> out;
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::pthread_getaffinity_np(::pthread_self(), sizeof set, &set) != 0) return out;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set)) out.push_back(i);
#endif
  return out;
}

/// Keeps a thread on one processor. Nothing happens where the system refuses.
inline void pin([[maybe_unused]] std::thread& which, [[maybe_unused]] int processor) noexcept {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(processor), &set);
  (void)::pthread_setaffinity_np(which.native_handle(), sizeof set, &set);
#endif
}

}  // namespace trilith::threads

#endif
