#ifndef TRILITH_BENCH_KERNELS_RESULTS_HPP
#define TRILITH_BENCH_KERNELS_RESULTS_HPP

#include "../measure/progress.hpp"
#include "../measure/rows.hpp"
#include "cases.hpp"

#include <benchmark/benchmark.h>

#include <csignal>
#include <cstdio>
#include <map>

namespace bench {

/// Set by Ctrl-C: what was measured so far is written, the rest is left out.
inline volatile std::sig_atomic_t stopped = 0;

/// Collects the times of the cases from Google Benchmark, and makes rows of them.
class results final : public benchmark::BenchmarkReporter {
 public:
  explicit results(const std::vector<product_case>& cases)
      : shown_(static_cast<double>(cases.size())) {
    for (const product_case& c : cases) cases_[c.name()] = c;
  }
  bool ReportContext(const Context&) override { return true; }
  /// All repetitions of one case.
  void ReportRuns(const std::vector<Run>& runs) override {
    if (runs.empty() || stopped != 0) return;
    const auto found = cases_.find(runs[0].run_name.function_name);
    if (found == cases_.end()) return;
    timing best{found->second, 0, 0};
    for (const Run& r : runs) {
      const auto seconds = r.counters.find("seconds"), bytes = r.counters.find("bytes");
      if (r.run_type != Run::RT_Iteration || seconds == r.counters.end()) continue;
      if (best.seconds == 0 || seconds->second < best.seconds) best.seconds = seconds->second;
      best.bytes = bytes->second;
    }
    if (best.seconds > 0) timings_.push_back(best);
    shown_.at(static_cast<double>(++done_), found->first);
  }
  void Finalize() override { shown_.clear(); }

  struct timing {
    product_case of;
    double seconds, bytes;
  };
  [[nodiscard]] const std::vector<timing>& timings() const noexcept { return timings_; }

 private:
  progress shown_;
  std::size_t done_ = 0;
  std::map<std::string, product_case> cases_;
  std::vector<timing> timings_;
};

/// A row, and the name of the limit that binds it.
struct named_row {
  row values;
  std::string limit;
};

[[nodiscard]] inline named_row row_of(const limit& l) {
  const double value = rounded(l.value);
  return {{{"bench", "limit"},
           {"target", l.name},
           {"packing", ""},
           {"rows", 0},
           {"cols", 0},
           {"batch", 0},
           {"threads", l.threads},
           {"us", 0},
           {"gbps", l.is_bandwidth ? value : 0},
           {"gops", l.is_bandwidth ? 0 : value},
           {"limit", value},
           {"share", 1}},
          ""};
}
[[nodiscard]] inline named_row row_of(const results::timing& t, const limits& all) {
  const bound b = bound_of(all, t.of, t.bytes, t.seconds);
  return {{{"bench", t.of.bench},
           {"target", t.of.target},
           {"packing", t.of.packing},
           {"rows", t.of.rows},
           {"cols", t.of.cols},
           {"batch", t.of.batch},
           {"threads", t.of.threads},
           {"us", rounded(1e6 * t.seconds)},
           {"gbps", rounded(1e-9 * t.bytes / t.seconds)},
           {"gops", rounded(1e-9 * t.of.operations() / t.seconds)},
           {"limit", rounded(b.limit)},
           {"share", rounded(b.share)}},
          b.name};
}

[[nodiscard]] inline std::vector<named_row> all_rows(const results& found, const limits& all) {
  std::vector<named_row> out;
  for (const limit& l : all.all) out.push_back(row_of(l));
  for (const results::timing& t : found.timings()) out.push_back(row_of(t, all));
  return out;
}

inline void print_markdown(const std::vector<named_row>& rows) {
  std::puts(
      "Tenth percentile of single products, after a warm-up; cold weights rotate over "
      "1.25 GiB; limits are measured before and after, the better counts; one thread's products of "
      "more "
      "than 0.1 GOP in processor time.\n");
  print_header({"bench", "target", "packing", "rows x cols", "batch", "threads", "us", "GB/s",
                "GOPS", "limit", "share"});
  for (const auto& [r, name] : rows) {
    const auto number = [&r = r](const char* key) { return figure(r[key].get<double>()); };
    const auto count = [&r = r](const char* key) { return std::to_string(r[key].get<int>()); };
    const auto text = [&r = r](const char* key) { return r[key].get<std::string>(); };
    const bool is_limit = text("bench") == "limit";
    print_cells({text("bench"), text("target"), is_limit ? "" : text("packing"),
                 is_limit ? "" : count("rows") + " x " + count("cols"),
                 is_limit ? "" : count("batch"), count("threads"), number("us"), number("gbps"),
                 number("gops"), is_limit ? "" : name + " " + number("limit"),
                 is_limit ? "" : percent(r["share"].get<double>())});
  }
}

}  // namespace bench

#endif
