// A whole model at work: prompt and generation, by batch, context and threads, with the peak of
// memory, energy where it can be read, and where the time goes. Weights are random codes of a fixed
// seed; every figure comes from a process of its own.
#include "measure/progress.hpp"
#include "model/results.hpp"

#include <csignal>

namespace {

constexpr const char* usage =
    "usage: tools/bench model [options]\n"
    "  --json FILE         rows of shape, phase, batch, context, threads, tokens_per_s, peak_mib\n"
    "  --operations FILE   rows of shape, phase, batch, context, part, share (1 thread)\n"
    "  --shape 2b|700m|all which models (bitnet-b1.58-2B-4T, bitnet_b1_58-large); default all\n"
    "  --packing P         base3 (default) or bits2\n"
    "  --head H            int8 (default) or bf16\n"
    "  --kv F              bf16 (default), f16, f32, int8, int4 or int3: keys and values\n"
    "  --activations A     int8 (default), or a4_8, which has the squared ReLU and an int8 head\n"
    "  --threads 1,2       by default 1 and all processors\n"
    "  --batch 1,2,4,8     sequences at once\n"
    "  --context LIST      tokens before what is timed; default 0,1024,4096\n"
    "  --prompt N          default 512\n"
    "  --generate N        default 128\n"
    "  --quick             one shape, few cases, half a minute\n"
    "Ctrl-C ends early and keeps the rows so far.\n";

using bench::finished;
using bench::named_job;

std::vector<finished> run(const std::vector<named_job>& jobs) {
  double total = 0, done = 0;
  for (const named_job& j : jobs) total += j.cost();
  bench::progress shown(total);
  std::vector<finished> out;
  for (const named_job& j : jobs) {
    shown.at(done, text(j));
    const double wanted = bench::cache_mib(j.what), there = bench::available_mib() - 2048;
    if (wanted > there)
      std::fprintf(stderr, "left out: %s: %.0f MiB of keys and values, %.0f MiB are free.\n",
                   text(j).c_str(), wanted, there);
    else if (const auto found = bench::do_job(j.what))
      out.push_back({j, *found});
    else if (bench::stopped == 0)
      std::fprintf(stderr, "left out: %s: its process ended early.\n", text(j).c_str());
    if (bench::stopped != 0) break;
    done += j.cost();
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  bench::command_line line(argc, argv, usage);
  const bench::model_options o(line);
  std::vector<named_job> jobs;
  for (const char* shape : {"2b", "700m"})
    if (o.shape == shape || o.shape == "all")
      for (const named_job& j : bench::jobs_of(o, shape)) jobs.push_back(j);
  std::signal(SIGINT, [](int) { bench::stopped = 1; });
  const std::vector<finished> all = run(jobs);
  const auto operations = bench::operations_of(all);
  bench::write_rows(bench::rows_of(all), o.json);
  bench::write_rows(operations, o.operations);
  bench::print(all, operations);
  return bench::stopped != 0 ? 130 : 0;
}
