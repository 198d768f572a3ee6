#ifndef TRILITH_TEST_UNIT_TRAIN_FIXTURE_HPP
#define TRILITH_TEST_UNIT_TRAIN_FIXTURE_HPP

#include <trilith/train.hpp>

#include <cmath>
#include <span>
#include <vector>

#include "catch.hpp"
#include "fixtures/optimisers.inc"
#include "random_values.hpp"

namespace test {

namespace tl = trilith;
using floats = std::vector<float>;

/// One tensor with its optimiser's state and memory: what a trainer keeps.
template <class O>
class trained {
 public:
  trained(const O& o, const tl::tensor_facts& facts, std::span<const float> start)
      : optimiser(o),
        state(o, facts),
        weights(start.begin(), start.end()),
        memory(o.memory_floats(facts, 4)) {}

  void step(std::span<const float> gradient, const tl::step_facts& at,
            const tl::executor& threads = {}) {
    floats g(gradient.begin(), gradient.end());
    optimiser.update(weights, g, state, at, {threads, memory});
  }
  /// Steps [first, last) of gradients that lie one after the other.
  void steps(std::span<const float> gradients, std::size_t first, std::size_t last,
             const tl::executor& threads = {}) {
    for (std::size_t t = first; t < last; ++t)
      step(gradients.subspan(t * weights.size(), weights.size()), {.step = t}, threads);
  }

  O optimiser;
  typename O::state state;
  floats weights;
  floats memory;
};

/// The largest difference, as a share of the largest value of `expected`.
inline double relative_error(std::span<const float> x, std::span<const float> expected) {
  REQUIRE(x.size() == expected.size());
  double most = 0, error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double e = static_cast<double>(expected[i]);
    most = std::fmax(most, std::fabs(e));
    error = std::fmax(error, std::fabs(static_cast<double>(x[i]) - e));
  }
  return error / most;
}

/// What one step adds to weights that are zero, with a rate of 1 and no decay.
template <class O>
floats direction(O o, const tl::tensor_facts& facts, std::span<const float> gradient) {
  o.rate = 1;
  trained<O> one(o, facts, floats(gradient.size()));
  one.step(gradient, {});
  return one.weights;
}

constexpr tl::tensor_facts hidden(std::size_t rows, std::size_t cols) {
  return {"hidden", rows, cols, tl::role::hidden_matrix};
}
constexpr tl::tensor_facts embedding(std::size_t rows, std::size_t cols) {
  return {"embedding", rows, cols, tl::role::embedding_or_head};
}
constexpr tl::tensor_facts vector_of(std::size_t n) {
  return {"vector", 1, n, tl::role::vector};
}

}  // namespace test

#endif
