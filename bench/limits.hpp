#ifndef TRILITH_BENCH_LIMITS_HPP
#define TRILITH_BENCH_LIMITS_HPP

#include "measure/amx_limits.hpp"
#include "measure/compute_limits.hpp"
#include "measure/read_limits.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// One limit of this machine: GB/s of reading, or GOPS (1 multiply-add = 2) of computing.
struct limit {
  std::string name;
  std::size_t threads = 1;
  bool is_bandwidth = false;
  double value = 0;
};

/// Everything that was measured; 0 for what this machine lacks.
struct limits {
  std::vector<limit> all;
  [[nodiscard]] double find(std::string_view name, std::size_t threads) const noexcept {
    for (const limit& l : all)
      if (l.name == name && l.threads == threads) return l.value;
    return 0;
  }
};

/// More than any cache: what cold weights and the read probe rotate over.
inline constexpr std::size_t cold_bytes = std::size_t{5} << 28;  // 1.25 GiB

inline void measure_reading(limits& out, std::size_t threads, double seconds) {
  constexpr std::size_t mib = 1 << 20;
  const huge_memory memory(cold_bytes);
  const auto add = [&](const char* name, std::size_t part, std::size_t piece) {
    const double rate = read_limit(memory, threads, part, piece, seconds);
    out.all.push_back({name, threads, true, 1e-9 * rate});
  };
  add("DRAM", cold_bytes / threads, 16 * mib);  // a piece comes again after all the others
  add("L3", 32 * mib, 32 * mib);
  add("L2", mib, mib);
}

/// GOPS of `probe(rounds)`, whose rounds are of `ops` operations, in all threads together.
template <class Probe>
void measure_computing(limits& out, const char* name, std::size_t threads, double ops,
                       double seconds, const Probe& probe) {
  const auto run = [&](std::size_t work) {
    return seconds_together(threads, [&](std::size_t i) { probe(i, work * 1000); });
  };
  const double rate = rate_of(seconds, run, least);
  out.all.push_back(
      {name, threads, false, 1e-9 * rate * 1000 * ops * static_cast<double>(threads)});
}

#if defined(__x86_64__)
inline void measure_vectors(limits& out, std::size_t threads, double seconds) {
  const auto add = [&](bool there, const char* name, double ops, void (*probe)(std::size_t)) {
    if (there)
      measure_computing(out, name, threads, ops, seconds,
                        [probe](std::size_t, std::size_t rounds) { probe(rounds); });
  };
  const cpu_features& f = cpu();
  add(f.avx2, "maddubs 128", 6 * 32, probe_maddubs128);
  add(f.avx2, "maddubs 256", 6 * 64, probe_maddubs256);
  add(f.avx512, "maddubs 512", 6 * 128, probe_maddubs512);
  add(f.avx_vnni, "VNNI 256", 12 * 64, probe_vnni256_vex);
  add(!f.avx_vnni && f.avx512_vnni, "VNNI 256", 12 * 64, probe_vnni256_evex);
  add(f.avx512_vnni, "VNNI 512", 12 * 128, probe_vnni512);
  add(f.fma, "FMA 256", 12 * 16, probe_fma256);
  add(f.avx512, "FMA 512", 12 * 32, probe_fma512);
  add(f.amx_int8, "AMX", 4 * amx_product_ops, probe_amx);
}
inline void measure_tiles(limits& out, std::size_t threads, double seconds) {
  if (!cpu().amx_int8) return;
  for (const auto& [name, part] :
       {std::pair{"AMX, loads from L1", std::size_t{16} << 10}, {"AMX, loads from L2", 1u << 20}}) {
    const huge_memory memory(threads * part);
    measure_computing(out, name, threads, 4 * amx_product_ops, seconds,
                      [&memory, bytes = part](std::size_t i, std::size_t rounds) {
                        probe_amx_loads(memory.data() + i * bytes, bytes, rounds);
                      });
  }
}
#else
inline void measure_vectors(limits&, std::size_t, double) {}
inline void measure_tiles(limits&, std::size_t, double) {}
#endif

/// The limits of this machine with each of these numbers of threads; `seconds` for each figure.
[[nodiscard]] inline limits measure_limits(const std::vector<std::size_t>& threads,
                                           double seconds = 0.1) {
  limits out;
  for (const std::size_t n : threads) {
    measure_reading(out, n, seconds);
    measure_vectors(out, n, seconds);
    measure_tiles(out, n, seconds);
  }
  return out;
}

/// The better of two measurements of each limit: nothing runs faster than the hardware, and other
/// work makes it slower.
[[nodiscard]] inline limits best_of(limits first, const limits& second) {
  for (limit& l : first.all) l.value = std::max(l.value, second.find(l.name, l.threads));
  return first;
}

}  // namespace bench

#endif
