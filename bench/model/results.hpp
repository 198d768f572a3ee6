#ifndef TRILITH_BENCH_MODEL_RESULTS_HPP
#define TRILITH_BENCH_MODEL_RESULTS_HPP

#include "../measure/rows.hpp"
#include "jobs.hpp"

namespace bench {

struct finished {
  named_job of;
  measurement found;
};

[[nodiscard]] inline const char* phase(const finished& f) {
  return f.of.what.is_prompt ? "prompt" : "generation";
}

[[nodiscard]] inline std::vector<row> rows_of(const std::vector<finished>& all) {
  std::vector<row> out;
  for (const finished& f : all)
    out.push_back({{"shape", f.of.shape},
                   {"phase", phase(f)},
                   {"batch", f.of.what.batch},
                   {"context", f.of.what.context},
                   {"threads", f.of.what.threads},
                   {"tokens_per_s", rounded(f.found.tokens_per_s)},
                   {"peak_mib", rounded(f.found.peak_mib)}});
  return out;
}

/// What share of the time each part of the model takes; layers without their products.
[[nodiscard]] inline std::vector<row> operations_of(const std::vector<finished>& all) {
  std::vector<row> out;
  for (const finished& f : all) {
    if (f.of.what.threads != 1) continue;  // the clocks are those of one thread
    const auto of = [&](part p) { return f.found.part_seconds[static_cast<std::size_t>(p)]; };
    const double products = of(part::attention_products) + of(part::ffn_products);
    const double layers = of(part::attention) + of(part::ffn);
    const auto add = [&](const char* name, double seconds) {
      out.push_back({{"shape", f.of.shape},
                     {"phase", phase(f)},
                     {"batch", f.of.what.batch},
                     {"context", f.of.what.context},
                     {"part", name},
                     {"share", rounded(seconds / f.found.seconds)}});
    };
    add("products", products);
    add("head", of(part::head));
    add("attention", of(part::attention) - of(part::attention_products));
    add("ffn", of(part::ffn) - of(part::ffn_products));
    add("rest", f.found.seconds - layers - of(part::head));
  }
  return out;
}

inline void print(const std::vector<finished>& all, const std::vector<row>& operations) {
  print_header(
      {"shape", "phase", "batch", "context", "threads", "tokens/s", "peak MiB", "J/token"});
  for (const finished& f : all) {
    const job& j = f.of.what;
    print_cells({f.of.shape, phase(f), std::to_string(j.batch), std::to_string(j.context),
                 std::to_string(j.threads), figure(f.found.tokens_per_s), figure(f.found.peak_mib),
                 f.found.joules_per_token < 0 ? "not measured" : figure(f.found.joules_per_token)});
  }
  std::puts("\nWhere the time goes with one thread; attention and ffn without their products.\n");
  print_header(
      {"shape", "phase", "batch", "context", "products", "head", "attention", "ffn", "rest"});
  for (std::size_t i = 0; i + 4 < operations.size(); i += 5) {
    const row& r = operations[i];
    std::vector<std::string> cells{r["shape"].get<std::string>(), r["phase"].get<std::string>(),
                                   r["batch"].dump(), r["context"].dump()};
    for (std::size_t k = i; k < i + 5; ++k)
      cells.push_back(percent(operations[k]["share"].get<double>()));
    print_cells(cells);
  }
}

}  // namespace bench

#endif
