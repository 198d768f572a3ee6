#ifndef TRILITH_BENCH_MODEL_CHILD_HPP
#define TRILITH_BENCH_MODEL_CHILD_HPP

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <type_traits>

namespace bench {

/// Set by Ctrl-C: what was measured so far is written, the rest is left out.
inline volatile std::sig_atomic_t stopped = 0;

/// Runs body() in a process of its own, so that its peak of memory is its own; what it returns
/// comes back through a pipe. Nothing where it ended early.
template <class Body>
[[nodiscard]] auto in_child(const Body& body) -> std::optional<decltype(body())> {
  using answer = decltype(body());
  static_assert(std::is_trivially_copyable_v<answer>);
  int ends[2];
  if (stopped != 0 || pipe(ends) != 0) return {};
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGINT, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const answer a = body();
    const bool told = write(ends[1], &a, sizeof a) == static_cast<ssize_t>(sizeof a);
    std::_Exit(told ? 0 : 1);
  }
  close(ends[1]);
  answer a;
  const bool heard = child > 0 && read(ends[0], &a, sizeof a) == static_cast<ssize_t>(sizeof a);
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return heard ? std::optional(a) : std::nullopt;
}

/// A number of /proc that a line gives after `name`, in MiB; 0 where there is none.
[[nodiscard]] inline double proc_mib(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name)) return std::atof(line.c_str() + name.size()) / 1024;
  return 0;
}
/// The most memory this process has had.
[[nodiscard]] inline double peak_mib() {
  return proc_mib("/proc/self/status", "VmHWM:");
}
[[nodiscard]] inline double available_mib() {
  return proc_mib("/proc/meminfo", "MemAvailable:");
}

/// Joules that the processor packages have used since some moment; nothing where they do not say.
[[nodiscard]] inline std::optional<double> joules() {
  double sum = 0;
  bool any = false;
  for (int package = 0; package < 8; ++package) {
    std::ifstream in("/sys/class/powercap/intel-rapl:" + std::to_string(package) + "/energy_uj");
    if (double microjoules = 0; in >> microjoules) sum += 1e-6 * microjoules, any = true;
  }
  return any ? std::optional(sum) : std::nullopt;
}

}  // namespace bench

#endif
