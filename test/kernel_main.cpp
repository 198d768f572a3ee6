// The main of the kernel tests: names the target the kernels run on, and leaves with code 77
// ("skipped") where TRILITH_TARGET asks for one that this CPU, or this build, does not have.
#include <trilith/backends/simd/kernel_table.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "run_tests.hpp"

int main(int argc, char** argv) {
  const char* wanted = std::getenv("TRILITH_TARGET");
  const std::string_view target = trilith::simd::kernels().target;
  std::printf("kernel target: %.*s\n", static_cast<int>(target.size()), target.data());
  if (wanted != nullptr && target != wanted) {
    std::printf("skipped: the target %s is not available here.\n", wanted);
    return 77;
  }
  return test::run_tests(argc, argv);
}
