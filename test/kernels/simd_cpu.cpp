// What the library reads from cpuid, against what the compiler's own runtime reads.
#include <trilith/backends/simd/cpu.hpp>
#include <trilith/backends/simd/kernel_table.hpp>

#include "catch.hpp"

#include <string>
#include <vector>

namespace {

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (std::size_t i = 0; const trilith::simd::kernel_table* t = trilith::simd::kernels_at(i); ++i)
    names.emplace_back(t->target);
  return names;
}

}  // namespace

#if defined(__x86_64__)
TEST_CASE("the instruction sets of this CPU", "[simd]") {
  __builtin_cpu_init();
  const trilith::simd::cpu_features cpu = trilith::simd::detect_cpu();
  const bool sse4 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") &&
                    __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("aes") &&
                    __builtin_cpu_supports("pclmul");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  CHECK(cpu.sse4 == sse4);
  CHECK(cpu.avx2 == avx2);  // no CPU has AVX2 without F16C
  CHECK(cpu.avx3 == avx3);
  CHECK(cpu.avx3_vnni == (avx3 && __builtin_cpu_supports("avx512vnni")));
  CHECK(cpu.avx3_dl == (cpu.avx3_vnni && __builtin_cpu_supports("avx512vbmi")));
  CHECK(cpu.avx3_bf16 == (avx3 && __builtin_cpu_supports("avx512bf16")));
}
#endif

TEST_CASE("the tables this CPU can run, best first", "[simd]") {
  const std::vector<std::string> names = targets();
  REQUIRE_FALSE(names.empty());
  CHECK(names.back() == "SCALAR");
#if defined(__aarch64__)
  const std::vector<std::string> order{"NEON_DOT", "NEON", "SCALAR"};
#else
  const std::vector<std::string> order{"AMX",       "AVX3_DL", "AVX3_VNNI", "AVX3",
                                       "AVX2_VNNI", "AVX2",    "SSE4",      "SCALAR"};
#endif
  std::size_t at = 0;
  for (const std::string& name : names) {
    while (at < order.size() && order[at] != name) ++at;
    CHECK(at < order.size());
  }
}
