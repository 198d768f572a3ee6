// Matrix products beside the machine's own limits, measured in the same run: one token with cold
// and hot weights, 2 to 512 tokens, every packing, target and thread count.
//
// Google Benchmark runs the cases: it finds how often to repeat, and its options hold. Each call is
// timed by itself, since a mean would take in whatever else the machine does meanwhile; a reporter
// of our own takes the times and sets them against the limits.
#include "kernels/results.hpp"
#include "kernels/workload.hpp"
#include "measure/command_line.hpp"

#include <benchmark/benchmark.h>

namespace {

constexpr const char* usage =
    "usage: tools/bench kernels [options]\n"
    "  --json FILE      rows of bench, target, packing, rows, cols, batch, threads, us, gbps, "
    "gops,\n"
    "                   limit, share; the rows of bench \"limit\" are this machine's limits\n"
    "  --markdown       a table on stdout (the default where --json is not given)\n"
    "  --filter A,B     only cases whose name contains A or B, e.g. gemm/AMX/base3,gemv_cold\n"
    "  --threads 1,2    how many threads; by default 1 and all processors\n"
    "  --quick          a few cases, some seconds\n"
    "  --list           the names of the cases\n"
    "  --benchmark_...  options of Google Benchmark\n";

using bench::product_case;

/// So long that other work of the machine always comes between.
bool is_long(const product_case& c) {
  return c.operations() > 1e8;
}

void run_case(benchmark::State& state, const product_case& c) {
  if (bench::stopped != 0) return state.SkipWithError("stopped");
  bench::workload& work = bench::workload_for(c);
  const trilith::thread_pool threads(c.threads);
  const trilith::executor run = threads.get();
  const bool cold = c.bench != "gemv_hot";
  for (int i = 0; i < 2; ++i) work.multiply(c.batch, cold, run);  // warm-up
  const auto clock = c.threads == 1 && is_long(c) ? bench::processor_seconds : bench::now;
  std::vector<double> times;
  for (auto _ : state) {
    const double start = clock();
    work.multiply(c.batch, cold, run);
    times.push_back(clock() - start);
  }
  state.counters["seconds"] = bench::low_decile(times);
  state.counters["bytes"] = static_cast<double>(work.bytes());
}

void register_case(const product_case& c) {
  benchmark::RegisterBenchmark(c.name().c_str(),
                               [c](benchmark::State& state) { run_case(state, c); })
      ->UseRealTime()
      ->MinTime(0.06)
      ->Repetitions(c.operations() > 2e9 ? 5 : 1);  // few calls fit into the time
}

struct options {
  explicit options(bench::command_line& line)
      : quick(line.flag("--quick")),
        list(line.flag("--list")),
        json(line.value("--json")),
        filter(line.value("--filter")),
        threads(line.numbers("--threads", bench::usual_threads())),
        theirs(line.starting_with("--benchmark_")) {
    markdown = line.flag("--markdown") || json.empty();
    line.done();
  }
  [[nodiscard]] std::vector<product_case> cases() const {
    auto out = bench::all_cases(threads, quick);
    std::erase_if(out, [&](const product_case& c) { return !is_wanted(c.name()); });
    return out;
  }
  /// Whether the name contains one of the filter's words.
  [[nodiscard]] bool is_wanted(const std::string& name) const {
    for (std::size_t at = 0; at <= filter.size();) {
      const std::size_t end = std::min(filter.find(',', at), filter.size());
      if (name.find(filter.substr(at, end - at)) != std::string::npos) return true;
      at = end + 1;
    }
    return false;
  }
  bool quick, list, markdown = true;
  std::string json, filter;
  std::vector<std::size_t> threads;
  std::vector<std::string> theirs;  ///< Google Benchmark's
};

void initialize_google_benchmark(std::vector<std::string> words) {
  words.insert(words.begin(), "bench_kernels");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
}

int run(const options& o, const std::vector<product_case>& cases) {
  initialize_google_benchmark(o.theirs);
  const double seconds = o.quick ? 0.02 : 0.1;
  const bench::limits before = bench::measure_limits(o.threads, seconds);
  bench::results results(cases);
  for (const product_case& c : cases) register_case(c);
  std::signal(SIGINT, [](int) { bench::stopped = 1; });
  benchmark::RunSpecifiedBenchmarks(&results);
  const auto rows =
      bench::all_rows(results, bench::best_of(before, bench::measure_limits(o.threads, seconds)));
  std::vector<bench::row> values;
  for (const auto& r : rows) values.push_back(r.values);
  bench::write_rows(values, o.json);
  if (o.markdown) bench::print_markdown(rows);
  return bench::stopped != 0 ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  bench::command_line line(argc, argv, usage);
  const options o(line);
  const std::vector<product_case> cases = o.cases();
  if (o.list)
    for (const product_case& c : cases) std::puts(c.name().c_str());
  if (!o.list && cases.empty()) {
    std::fprintf(stderr, "error: no case has '%s' in its name; --list shows all.\n",
                 o.filter.c_str());
    return 2;
  }
  return o.list ? 0 : run(o, cases);
}
