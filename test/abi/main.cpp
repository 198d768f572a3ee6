// Runs the parts whose instructions this CPU has and compares their bits.
#include <cstddef>
#include <cstdio>
#include <cstring>

void part_base(float* y);
void part_avx2(float* y);
void part_avx512(float* y);
void part_native(float* y);
void part_checked(float* y);

namespace {

constexpr std::size_t rows = 5;

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

struct part {
  const char* name;
  void (*run)(float*);
  bool runs_here;
};

}  // namespace

int main() {
  const part parts[] = {{"base", part_base, true},
                        {"avx2", part_avx2, has_avx2()},
                        {"avx512", part_avx512, has_avx512()},
                        {"native", part_native, true},
                        {"checked", part_checked, true}};
  float expected[2 * rows], y[2 * rows];
  part_base(expected);
  int wrong = std::memcmp(expected, expected + rows, sizeof(float) * rows) != 0;
  for (const part& p : parts) {
    if (!p.runs_here) {
      std::printf("%-8s skipped: this CPU lacks its instructions\n", p.name);
      continue;
    }
    p.run(y);
    const bool same = std::memcmp(y, expected, sizeof y) == 0;
    std::printf("%-8s %s\n", p.name, same ? "same bits" : "OTHER BITS");
    wrong += !same;
  }
  return wrong;
}
