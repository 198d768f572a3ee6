// How time and memory grow with layers, width, context, batch and threads; and what models too big
// for this machine would take, from the measured time of one layer of their width.
#include "growth/projection.hpp"
#include "measure/command_line.hpp"
#include "measure/progress.hpp"
#include "measure/rows.hpp"

namespace {

constexpr const char* usage =
    "usage: tools/bench growth [options]\n"
    "  --json FILE     rows of table, value, us_per_token, prompt_tokens_per_s, peak_mib; of "
    "table\n"
    "                  \"projection\": shape, threads, gib, tokens_per_s, gbps and what 5 and 7\n"
    "                  tokens/s need: cores_for_5, gbps_for_5, cores_for_7, gbps_for_7\n"
    "  --threads 1,2   by default 1 and all processors\n"
    "  --quick         two values of each table, no model above 7B\n";

using bench::job;

/// What grows in a table, and how far.
struct table {
  const char* name;
  std::vector<std::size_t> values;
  void (*set)(job&, std::size_t);
};

void set_width(job& j, std::size_t width) {
  j.sizes.dim = width;
  j.sizes.ffn_dim = width / 4 * 11;
  j.sizes.heads = width / 64;
  j.sizes.kv_heads = width / 256;
}

std::vector<table> tables(const std::vector<std::size_t>& threads) {
  return {{"layers", {4, 32, 8, 16}, [](job& j, std::size_t n) { j.sizes.layers = n; }},
          {"width", {256, 2048, 512, 1024}, set_width},
          {"context", {0, 16384, 1024, 4096}, [](job& j, std::size_t n) { j.context = n; }},
          {"batch", {1, 16, 2, 4, 8}, [](job& j, std::size_t n) { j.batch = n; }},
          {"threads", threads, [](job& j, std::size_t n) { j.threads = n; }}};
}

/// 8 layers of width 1024, one sequence, one thread.
job usual() {
  job j;
  j.sizes = {.layers = 8, .head_dim = 64, .vocab = 4096, .context = 1 << 16};
  set_width(j, 1024);
  j.tokens = 48;
  j.room = 256;
  return j;
}

bench::row measure(const table& t, std::size_t value) {
  job j = usual();
  t.set(j, value);
  const auto generation = bench::do_job(j);
  j.is_prompt = true, j.tokens = 128;
  std::optional<bench::measurement> prompt;
  if (j.context <= 4096) prompt = bench::do_job(j);  // beyond, minutes
  bench::row out{{"table", t.name}, {"value", value}};
  out["us_per_token"] = generation ? bench::rounded(1e6 / generation->tokens_per_s) : 0.0;
  out["prompt_tokens_per_s"] = prompt ? bench::rounded(prompt->tokens_per_s) : 0.0;
  out["peak_mib"] = generation ? bench::rounded(generation->peak_mib) : 0.0;
  return out;
}

bench::row row_of(const bench::projection& p) {
  bench::row out{{"table", "projection"},
                 {"shape", p.shape},
                 {"threads", p.threads},
                 {"gib", bench::rounded(p.gib)},
                 {"tokens_per_s", bench::rounded(p.tokens_per_s)},
                 {"gbps", bench::rounded(p.gbps)}};
  for (const int rate : {5, 7}) {
    out["cores_for_" + std::to_string(rate)] = static_cast<int>(p.cores_for(rate));
    out["gbps_for_" + std::to_string(rate)] = bench::rounded(p.gbps_for(rate));
  }
  return out;
}

std::vector<bench::row> measure_all(const std::vector<std::size_t>& threads, bool quick) {
  const std::vector<table> all = tables(threads);
  const std::size_t shapes = quick ? 1 : std::size(bench::big_shapes);
  double total = 0, done = 0;
  for (const table& t : all) total += static_cast<double>(quick ? 2 : t.values.size());
  bench::progress shown(total + 3 * static_cast<double>(shapes * threads.size()));
  std::vector<bench::row> out;
  for (table t : all) {
    if (quick && t.values.size() > 2) t.values.resize(2);
    std::sort(t.values.begin(), t.values.end());
    for (const std::size_t value : t.values) {
      shown.at(done++, std::string(t.name) + " " + std::to_string(value));
      if (bench::stopped == 0) out.push_back(measure(t, value));
    }
  }
  for (std::size_t i = 0; i < shapes; ++i)
    for (const std::size_t n : threads) {
      shown.at(done, std::string("one layer of ") + bench::big_shapes[i].name);
      done += 3;
      if (const auto found = bench::project(bench::big_shapes[i], n)) out.push_back(row_of(*found));
    }
  return out;
}

std::string cell(const bench::row& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? bench::figure(value.get<double>()) : value.dump();
}

void print(const std::vector<bench::row>& rows) {
  std::string table;
  for (const bench::row& r : rows) {
    std::vector<std::string> names, cells;
    for (const auto& [name, value] : r.items()) {
      if (name == "table") continue;
      names.push_back(name);
      cells.push_back(cell(value));
    }
    if (r["table"] != table) {
      table = r["table"];
      names[0] = table == "projection" ? "shape" : table;
      std::puts("");
      bench::print_header(names);
    }
    bench::print_cells(cells);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::command_line line(argc, argv, usage);
  const bool quick = line.flag("--quick");
  const std::string json = line.value("--json");
  const auto threads = line.numbers("--threads", bench::usual_threads());
  line.done();
  std::signal(SIGINT, [](int) { bench::stopped = 1; });
  const auto rows = measure_all(threads, quick);
  bench::write_rows(rows, json);
  print(rows);
  return bench::stopped != 0 ? 130 : 0;
}
