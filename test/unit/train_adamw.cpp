#include "train_fixture.hpp"

namespace {

using namespace test;

constexpr tl::adamw bitnet{.rate = 1.5e-3};

TEST_CASE("adamw agrees with torch.optim.AdamW over ten steps") {
  trained matrix(bitnet, embedding(6, 5), adamw_matrix_weights);
  matrix.steps(adamw_matrix_gradients, 0, 10);
  CHECK(relative_error(matrix.weights, adamw_matrix_result) <= 1e-6);

  trained vector(bitnet, vector_of(7), adamw_vector_weights);
  vector.steps(adamw_vector_gradients, 0, 10);
  CHECK(relative_error(vector.weights, adamw_vector_result) <= 1e-6);
}

TEST_CASE("adamw's first step has the size of the rate, whatever the gradient's") {
  for (const float size : {1e-3f, 1.0f, 1e6f}) {
    const floats moved = direction(tl::adamw{}, vector_of(2), floats{size, -size});
    CHECK(moved[0] == Approx(-1).epsilon(1e-4));
    CHECK(moved[1] == Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("adamw decays matrices by rate times decay times the schedule, and no vector") {
  const floats ones(4, 1.0f), still(4);
  for (const auto& facts : {hidden(2, 2), embedding(2, 2), vector_of(4)}) {
    trained<tl::adamw> one({.rate = 0.5, .decay = 0.1}, facts, ones);
    one.step(still, {.rate = 0.5, .decay = 0.2});
    CHECK(one.weights[3] == (facts.decays() ? Approx(1 - 0.5 * 0.5 * 0.1 * 0.2) : Approx(1)));
    one.step(still, {.step = 1, .rate = 0});
    CHECK(one.weights[3] == (facts.decays() ? Approx(1 - 0.5 * 0.5 * 0.1 * 0.2) : Approx(1)));
  }
}

TEST_CASE("adamw's state is two floats a weight") {
  tl::adamw::state s(bitnet, embedding(6, 5));
  CHECK(s.floats() == 60);
  std::size_t seen = 0;
  s.visit([&](std::string_view, std::span<float> x) { seen += x.size(); });
  CHECK(seen == s.floats());
}

}  // namespace
