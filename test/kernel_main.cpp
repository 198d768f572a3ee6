// The main of the kernel tests: names the target the kernels run on, and leaves with code 77
// ("skipped") where TRILITH_TARGET asks for one that this CPU, or this build, does not have.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <trilith/backends/simd/kernel_table.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
  const char* wanted = std::getenv("TRILITH_TARGET");
  const std::string_view target = trilith::simd::kernels().target;
  std::printf("kernel target: %.*s\n", static_cast<int>(target.size()), target.data());
  if (wanted != nullptr && target != wanted) {
    std::printf("skipped: the target %s is not available here.\n", wanted);
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
