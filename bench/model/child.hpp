#ifndef TRILITH_BENCH_MODEL_CHILD_HPP
#define TRILITH_BENCH_MODEL_CHILD_HPP

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

/// Microjoules between two readings of a counter that begins anew after `range`; -1 where that is
/// not known. It does so after 262 kJ, a quarter of an hour at 300 W: once at most between two
/// readings.
[[nodiscard]] constexpr double microjoules_between(double before, double after,
                                                   double range) noexcept {
  if (after >= before) return after - before;
  return range >= before ? range - before + after : -1;
}
static_assert(microjoules_between(10, 30, 100) == 20);
static_assert(microjoules_between(90, 5, 100) == 15);
static_assert(microjoules_between(90, 5, 0) == -1);

/// What one processor package has used since it was first asked.
class package_meter {
 public:
  explicit package_meter(int package)
      : files_("/sys/class/powercap/intel-rapl:" + std::to_string(package)),
        range_(read("max_energy_range_uj").value_or(0)),
        last_(read("energy_uj")) {}

  /// Nothing where the system does not say.
  [[nodiscard]] std::optional<double> joules() {
    const auto now = read("energy_uj");
    const double used = last_ && now ? microjoules_between(*last_, *now, range_) : -1;
    if (used < 0) return std::nullopt;
    last_ = now;
    used_ += 1e-6 * used;
    return used_;
  }

 private:
  [[nodiscard]] std::optional<double> read(const char* name) const {
    std::ifstream in(files_ + "/" + name);
    double value = 0;
    return in >> value ? std::optional(value) : std::nullopt;
  }

  std::string files_;
  double range_;
  std::optional<double> last_;
  double used_ = 0;
};

/// Joules that all processor packages have used since the first call; nothing where they do not
/// say.
[[nodiscard]] inline std::optional<double> joules() {
  static std::array<package_meter, 4> meters{package_meter(0), package_meter(1), package_meter(2),
                                             package_meter(3)};
  double sum = 0;
  bool any = false;
  for (package_meter& meter : meters)
    if (const auto used = meter.joules()) sum += *used, any = true;
  return any ? std::optional(sum) : std::nullopt;
}

}  // namespace bench

#endif
