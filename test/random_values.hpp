#ifndef TRILITH_TEST_RANDOM_VALUES_HPP
#define TRILITH_TEST_RANDOM_VALUES_HPP

#include <trilith/core/random.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace test {

/// n floats in [-size, size), the same ones for every run.
inline std::vector<float> random_values(std::size_t n, std::uint64_t seed, float size = 1.0f) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = size * (2 * trilith::uniform(seed, 0, i) - 1);
  return x;
}

}  // namespace test

#endif
