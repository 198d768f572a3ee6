#ifndef TRILITH_TEST_EVERY_TARGET_HPP
#define TRILITH_TEST_EVERY_TARGET_HPP

#include <trilith/backends/simd/kernel_table.hpp>

#include "catch.hpp"

namespace test {

/// each() with the kernels of every target this machine runs, best first.
template <class Each>
void on_every_target(Each each) {
  namespace simd = trilith::simd;
  const char* const chosen = simd::kernels().target;
  for (std::size_t i = 0; const simd::kernel_table* t = simd::kernels_at(i); ++i) {
    INFO("on " << t->target);
    REQUIRE(simd::choose_kernels(t->target));
    each();
  }
  simd::choose_kernels(chosen);
}

}  // namespace test

#endif
