#ifndef TRILITH_BENCH_KERNELS_CASES_HPP
#define TRILITH_BENCH_KERNELS_CASES_HPP

#include "../limits.hpp"

#include <trilith/backends/simd/kernel_table.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace bench {

/// One product to be timed: weights [rows, cols] times `batch` tokens.
struct product_case {
  std::string bench;  ///< gemv_cold, gemv_hot, gemm (whose weights are cold too)
  std::string target, packing;
  std::size_t rows = 0, cols = 0, batch = 1, threads = 1;

  [[nodiscard]] std::string name() const {
    return bench + "/" + target + "/" + packing + "/" + std::to_string(rows) + "x" +
           std::to_string(cols) + "/batch:" + std::to_string(batch) +
           "/threads:" + std::to_string(threads);
  }
  [[nodiscard]] double operations() const noexcept {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(cols) * static_cast<double>(batch);
  }
};

/// What this CPU can run, best first. The scalar loops take minutes and teach nothing.
[[nodiscard]] inline std::vector<std::string> kernel_targets(bool quick) {
  std::vector<std::string> out;
  for (std::size_t i = 0; const auto* table = trilith::simd::kernels_at(i); ++i)
    if (const std::string name = table->target; name != "SCALAR" && (!quick || i == 0))
      out.push_back(name);
  return out;
}

/// Every case, those of one matrix together.
[[nodiscard]] inline std::vector<product_case> all_cases(const std::vector<std::size_t>& threads,
                                                         bool quick) {
  using sizes = std::pair<std::size_t, std::size_t>;
  const auto shapes =
      quick ? std::vector<sizes>{{2560, 2560}}
            : std::vector<sizes>{{2560, 2560}, {6912, 2560}, {2560, 6912}, {11008, 4096}};
  const auto packings = quick ? std::vector<std::string>{"bits2", "base3"}
                              : std::vector<std::string>{"bits2", "base3", "bits1"};
  const auto batches =
      quick ? std::vector<std::size_t>{512} : std::vector<std::size_t>{2, 8, 32, 128, 512};
  std::vector<product_case> out;
  for (const std::string& target : kernel_targets(quick)) {
    for (const std::string& packing : packings)
      for (const auto& [rows, cols] : shapes)
        for (const std::size_t n : threads) {
          out.push_back({"gemv_cold", target, packing, rows, cols, 1, n});
          out.push_back({"gemv_hot", target, packing, rows, cols, 1, n});
          for (const std::size_t batch : batches)
            out.push_back({"gemm", target, packing, rows, cols, batch, n});
        }
    for (const std::size_t n : threads)
      if (!quick) out.push_back({"gemv_cold", target, "bits8", 128256, 2560, 1, n});
  }
  return out;
}

/// The probe that bounds a target's integer products.
[[nodiscard]] inline const char* compute_roof(const std::string& target) {
  if (target == "AMX") return "AMX";
  if (target == "AVX3_VNNI" || target == "AVX3_DL") return "VNNI 512";
  if (target == "AVX3") return "maddubs 512";
  if (target == "AVX2_VNNI") return "VNNI 256";
  if (target == "AVX2") return "maddubs 256";
  return target == "SSE4" ? "maddubs 128" : "";
}

/// Where the weights of a case come from.
[[nodiscard]] inline const char* memory_roof(const product_case& c, double bytes) {
  if (c.bench != "gemv_hot") return "DRAM";
  return bytes / static_cast<double>(c.threads) <= 1.8 * (1 << 20) ? "L2" : "L3";
}

/// The limit that binds: reading the weights, or computing, whichever takes longer at its best.
struct bound {
  std::string name;
  double limit = 0;  ///< GB/s or GOPS
  double share = 0;  ///< what was reached of it
};
[[nodiscard]] inline bound bound_of(const limits& all, const product_case& c, double bytes,
                                    double seconds) {
  const std::string memory = memory_roof(c, bytes), compute = compute_roof(c.target);
  const double gbps = all.find(memory, c.threads), gops = all.find(compute, c.threads);
  const double reading = gbps > 0 ? 1e-9 * bytes / gbps : 0;
  const double computing = gops > 0 ? 1e-9 * c.operations() / gops : 0;
  return c.batch == 1 || reading >= computing ? bound{memory, gbps, reading / seconds}
                                              : bound{compute, gops, computing / seconds};
}

}  // namespace bench

#endif
