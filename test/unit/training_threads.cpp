// Threads share the work of a training pass, and change nothing.

#include "catch.hpp"
#include "counting_pool.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;

TEST_CASE("gradients are the same for any number of threads, and computed again") {
  const auto batch = random_batch(3, 70);
  auto model = random_model<ternary>();
  tl::training_pass alone(model, {.sequences = 3, .length = 70});
  const double loss = alone.add_gradients(batch, 1.0f / 210).sum;
  const auto wanted = gradients_of(alone);
  CHECK(loss > 0);
  for (const std::size_t threads : {2u, 3u, 4u}) {
    test::counting_pool pool(threads);
    const bool recompute = threads == 3;
    tl::training_pass pass(model, {.sequences = 3, .length = 70, .recompute = recompute},
                           pool.get());
    CHECK(pass.add_gradients(batch, 1.0f / 210).sum == loss);
    CHECK(gradients_of(pass) == wanted);
    CHECK(pool.shared_loops() > 20);
  }
}

}  // namespace
