// How long a model file takes to load and to write its first token, and what memory it takes.
//
//   load FILE [tokens [threads]]

#include <trilith/io/load.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace tl = trilith;
using clock_type = std::chrono::steady_clock;

double milliseconds_since(clock_type::time_point start) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
}

/// Resident memory in MiB: all, that of the program's own, that of mapped files.
void print_memory(const char* when) {
  std::ifstream status("/proc/self/status");
  std::string line, wanted[] = {"VmRSS", "RssAnon", "RssFile"};
  std::printf("%-22s", when);
  while (std::getline(status, line))
    for (const std::string& name : wanted)
      if (line.starts_with(name))
        std::printf("  %s %.0f", name.c_str(), std::atof(line.c_str() + name.size() + 1) / 1024);
  std::printf(" MiB\n");
}

std::int32_t likeliest(std::span<const float> logits) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[best]) best = i;
  return static_cast<std::int32_t>(best);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: load FILE [tokens [threads]]\n");
    return 2;
  }
  const std::size_t tokens = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 8;
  const std::size_t threads = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 2;
  const auto start = clock_type::now();
  auto m = tl::io::load(argv[1]);
  if (!m) {
    std::fprintf(stderr, "error: %s\n", m.error().message.c_str());
    return 1;
  }
  std::printf("%s\nloaded in              %.0f ms, parameters %.1f MiB\n", m->report.text().c_str(),
              milliseconds_since(start), static_cast<double>(m->model.bytes()) / (1 << 20));
  print_memory("after loading");
  auto s = tl::session<tl::any_model>::open(m->model, {.context = 512, .threads = threads});
  if (!s) {
    std::fprintf(stderr, "error: %s\n", s.error().message.c_str());
    return 1;
  }
  std::int32_t token = 1;
  for (std::size_t i = 0; i < tokens; ++i) {
    const tl::next_token next{0, token};
    if (!s->step({&next, 1})) return 1;
    token = likeliest(s->logits(0));
    if (i == 0) std::printf("first token after      %.0f ms\n", milliseconds_since(start));
    std::printf(i + 1 < tokens ? "%d " : "%d\n", token);
  }
  print_memory("after generating");
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  std::printf("peak memory            %.0f MiB\n", static_cast<double>(use.ru_maxrss) / 1024);
}
