#include "train_fixture.hpp"

namespace {

using namespace test;

/// |x|_F
double norm_of(const floats& x) {
  return std::sqrt(tl::squared_norm(x));
}

TEST_CASE("muon agrees with the published formulas in float64 over four steps") {
  trained<tl::muon> wide({.decay = 0.1}, hidden(6, 10), muon_wide_weights);
  wide.steps(muon_wide_gradients, 0, 4);
  CHECK(relative_error(wide.weights, muon_wide_spectral) < 2e-6);
  trained<tl::muon> tall({.decay = 0.1}, hidden(19, 8), muon_tall_weights);
  tall.steps(muon_tall_gradients, 0, 4);
  CHECK(relative_error(tall.weights, muon_tall_spectral) < 2e-6);
}

// Moonlight's momentum accumulates where Keller's averages: the same directions.
TEST_CASE("muon_grokfast agrees with Grokfast and Moonlight's Muon in float64") {
  trained<tl::muon_grokfast> wide({}, hidden(6, 10), muon_wide_weights);
  wide.steps(muon_wide_gradients, 0, 4);
  CHECK(relative_error(wide.weights, muon_wide_grokfast) < 1e-6);
  trained<tl::muon_grokfast> tall({}, hidden(19, 8), muon_tall_weights);
  tall.steps(muon_tall_gradients, 0, 4);
  CHECK(relative_error(tall.weights, muon_tall_grokfast) < 1e-6);
}

TEST_CASE("the scalings are those of Keller and Moonshot") {
  static_assert(tl::scaling::spectral::factor(4, 1) == 2 &&
                tl::scaling::spectral::factor(1, 4) == 1);
  static_assert(tl::scaling::rms::factor(100, 25) == 2 && tl::scaling::rms::factor(25, 100) == 2);
  const floats g = random_values(48 * 96, 3);
  const floats o = direction(tl::muon_with<tl::scaling::rms>{}, hidden(48, 96), g);
  CHECK(norm_of(o) / std::sqrt(48. * 96) == Approx(0.2 * 0.9).epsilon(0.1));
}

TEST_CASE("a gradient of zeros moves nothing") {
  const floats zeros(60);
  CHECK(direction(tl::muon{}, hidden(6, 10), zeros) == zeros);
  CHECK(direction(tl::muon_grokfast{}, hidden(6, 10), zeros) == zeros);
  CHECK(direction(tl::adamw{}, vector_of(60), zeros) == zeros);
}

// Momentum after Newton-Schulz would make the first step (1 - beta) as large, and average
// directions.
TEST_CASE("muon's momentum comes before Newton-Schulz: bug 4 of the reference") {
  const floats g(muon_wide_gradients, muon_wide_gradients + 60);
  floats first = direction(tl::muon{}, hidden(6, 10), g);
  for (float& x : first) x = -x;
  CHECK(relative_error(first, schulz_wide_result) < 1e-5);

  trained<tl::muon> two({.rate = 1}, hidden(6, 10), floats(60));
  two.steps(muon_wide_gradients, 0, 1);
  const floats before = two.weights;
  two.steps(muon_wide_gradients, 1, 2);
  for (std::size_t i = 0; i < 60; ++i) two.weights[i] -= before[i];
  CHECK(norm_of(two.weights) / std::sqrt(6.0) == Approx(0.9).margin(0.15));
}

// It was plain SGD, without weight decay.
TEST_CASE("muon's others are AdamW with decay: bug 5 of the reference") {
  const tl::muon_grokfast o{.rate = 1.5e-3, .filter = {.lambda = 0}};
  trained matrix(o, embedding(6, 5), adamw_matrix_weights);
  matrix.steps(adamw_matrix_gradients, 0, 10);
  CHECK(relative_error(matrix.weights, adamw_matrix_result) <= 1e-6);
  trained vector(o, vector_of(7), adamw_vector_weights);
  vector.steps(adamw_vector_gradients, 0, 10);
  CHECK(relative_error(vector.weights, adamw_vector_result) <= 1e-6);
}

TEST_CASE("muon's others see the filtered gradient: bug 6 of the reference") {
  const tl::muon_grokfast o{};
  trained composed(o, vector_of(7), adamw_vector_weights);
  trained by_hand(o.for_others(), vector_of(7), adamw_vector_weights);
  trained unfiltered(o.for_others(), vector_of(7), adamw_vector_weights);
  decltype(o.filter)::state slow(o.filter, vector_of(7));
  for (std::size_t t = 0; t < 10; ++t) {
    floats g(adamw_vector_gradients + 7 * t, adamw_vector_gradients + 7 * (t + 1));
    composed.step(g, {.step = t});
    unfiltered.step(g, {.step = t});
    o.filter.apply(g, slow, {.step = t}, {});
    by_hand.step(g, {.step = t});
  }
  CHECK(composed.weights == by_hand.weights);
  CHECK(composed.weights != unfiltered.weights);
}

TEST_CASE("embeddings and heads go to AdamW: bug 7 of the reference") {
  const tl::muon o{};
  trained matrix(o, embedding(6, 5), adamw_matrix_weights);
  trained expected(o.for_others(), embedding(6, 5), adamw_matrix_weights);
  matrix.steps(adamw_matrix_gradients, 0, 10);
  expected.steps(adamw_matrix_gradients, 0, 10);
  CHECK(matrix.weights == expected.weights);
  CHECK(matrix.state.floats() == 60);
  CHECK(matrix.memory.empty());
}

TEST_CASE("muon decays by its rate, not by the scaled one, and by the schedule") {
  trained<tl::muon_with<tl::scaling::rms>> one({.rate = 0.5, .decay = 0.1}, hidden(2, 2),
                                               floats(4, 1.0f));
  one.step(floats(4), {.rate = 0.5, .decay = 0.5});
  CHECK(one.weights[0] == Approx(1 - 0.5 * 0.5 * 0.1 * 0.5));
}

}  // namespace
