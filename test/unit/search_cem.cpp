// The cross-entropy method: planted mixtures, its ends, and the random numbers of all searches.

#include <trilith/search.hpp>
#include <trilith/search/random_sequence.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;

namespace {

using coefficients = std::span<const double>;
using vector = std::vector<double>;

const vector planted{0.9, 0.05, 0.3, 0.6};

double squared_distance(coefficients a, const vector& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}
double largest_difference(coefficients a, const vector& b) {
  double most = 0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a[k] - b[k]));
  return most;
}

constexpr auto bowl = [](coefficients a) { return -squared_distance(a, planted); };
/// As few values as ten questions give: a question more is answered with each step towards it.
constexpr auto ten_questions = [](coefficients a) {
  return std::floor(10 * std::exp(-squared_distance(a, planted)));
};

tl::cem_result found_by(const tl::cem_objective& objective, const tl::cem_options& options) {
  return tl::cem(objective, options, tl::even_start(4)).value();
}

std::string refusal(const tl::cem_options& options, const tl::cem_start& start) {
  const auto found = tl::cem(bowl, options, start);
  if (found) return "none";
  CHECK(found.error().code == tl::errc::invalid_argument);
  return found.error().message;
}

}  // namespace

TEST_CASE("logarithms, powers and normal numbers are what the standard library's are", "[search]") {
  double worst = 0;
  for (int i = -300; i <= 300; ++i) {
    const double x = std::pow(1.07, i), y = 0.37 * i;
    if (i != 0) worst = std::max(worst, std::abs(tl::search_math::logarithm(x) / std::log(x) - 1));
    worst = std::max(worst, std::abs(tl::search_math::exponential(y) / std::exp(y) - 1));
    worst = std::max(worst, std::abs(tl::search_math::power(x, 0.7) / std::pow(x, 0.7) - 1));
  }
  CHECK(worst < 1e-13);
  CHECK(tl::search_math::power(0, 16) == 0);
  CHECK(tl::search_math::logarithm(1) == 0);

  constexpr int n = 200'000;
  tl::random_sequence draws(5, 6, 7);
  double sum = 0, squares = 0, within = 0, uniforms = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draws.normal();
    sum += x, squares += x * x, within += std::abs(x) < 1;
    uniforms += draws.uniform();
  }
  CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2.0 / n));
  CHECK(std::abs(within / n - 0.682689) < 4 * std::sqrt(0.682689 * 0.317311 / n));
  CHECK(std::abs(uniforms / n - 0.5) < 4 / std::sqrt(12.0 * n));
}

TEST_CASE("cem finds a planted mixture", "[search]") {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    // [planted]
    const auto closeness = [](std::span<const double> a) { return -squared_distance(a, planted); };
    const auto found = tl::cem(closeness, {.iterations = 50, .seed = seed}, tl::even_start(4));
    // [planted]
    REQUIRE(found);
    INFO("seed " << seed << ": " << found->history.size() << " iterations");
    CHECK(found->ended == tl::cem_end::tolerance);
    CHECK(found->history.size() <= 30);
    CHECK(found->evaluations == 1 + 31 * found->history.size());
    CHECK(largest_difference(found->best, planted) < 0.01);
  }
}

TEST_CASE("without smoothing cem narrows too early for some seeds", "[search]") {
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const auto found = found_by(bowl, {.iterations = 50, .smoothing = 0, .seed = seed});
    CHECK(found.history.size() <= 24);
    worst = std::max(worst, largest_difference(found.best, planted));
  }
  CHECK(worst > 0.05);
}

TEST_CASE("a tie-breaker leads on where scores take few values", "[search]") {
  double with = 0, without = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const tl::cem_options options{.iterations = 50, .seed = seed};
    const auto broken = [](coefficients a) -> tl::cem_score {
      return {ten_questions(a), -squared_distance(a, planted)};
    };
    with = std::max(with, largest_difference(found_by(broken, options).best, planted));
    without += largest_difference(found_by(ten_questions, options).best, planted) / 8;
  }
  CHECK(with < 0.01);
  CHECK(without > 0.05);  // all within a plateau are equal
}

TEST_CASE("cem reaches a corner of the range and stays in it", "[search]") {
  std::size_t outside = 0;
  const auto corner = [&](coefficients a) {
    for (const double x : a) outside += !(x >= -1 && x <= 3);
    return a[0] - a[1];
  };
  const auto found = tl::cem(corner, {.low = -1, .high = 3}, {{0, 0}});
  REQUIRE(found);
  CHECK(found->best == vector{3, -1});
  CHECK(outside == 0);
}

TEST_CASE("the first distribution is the start's, and elites make the next", "[search]") {
  std::vector<vector> seen;
  const auto note = [&](coefficients a) {
    seen.emplace_back(a.begin(), a.end());
    return a[0];
  };
  const auto found =
      tl::cem(note, {.population = 10, .elite_share = 0.35, .iterations = 1, .smoothing = 0},
              {{0.5, 0.5}, {0.01, 0}});
  REQUIRE(found);
  REQUIRE(seen.size() == 10);
  CHECK(seen[0] == vector{0.5, 0.5});
  std::sort(seen.begin(), seen.end(), std::greater<>());
  const double a = seen[0][0], b = seen[1][0], c = seen[2][0], mean = (a + b + c) / 3;
  const double squares =
      (a - mean) * (a - mean) + (b - mean) * (b - mean) + (c - mean) * (c - mean);
  CHECK(found->mean[0] == Approx(mean).epsilon(1e-12));
  CHECK(found->deviation[0] == Approx(std::sqrt(squares / 2)).epsilon(1e-9));
  CHECK(found->mean[1] == Approx(0.5));
  CHECK(found->deviation[1] < 1e-15);
  CHECK(found->best == seen[0]);

  const auto smooth =
      tl::cem(note, {.population = 10, .elite_share = 0.35, .iterations = 1, .smoothing = 0.75},
              {{0.5, 0.5}, {0.01, 0}});
  CHECK(smooth->mean[0] == Approx(0.25 * mean + 0.75 * 0.5).epsilon(1e-12));
  CHECK(smooth->deviation[0] == Approx(0.25 * found->deviation[0] + 0.0075).epsilon(1e-9));
}

TEST_CASE("the best vector so far is a member of every iteration, and not asked again",
          "[search]") {
  std::vector<vector> seen;
  const auto worse_and_worse = [&](coefficients a) {
    seen.emplace_back(a.begin(), a.end());
    return -double(seen.size());
  };
  const auto found =
      tl::cem(worse_and_worse,
              {.population = 10, .elite_share = 0.35, .iterations = 2, .smoothing = 0}, {{0.4}})
          .value();
  REQUIRE(seen.size() == 10 + 9);
  CHECK(found.best == vector{0.4});
  CHECK(found.history[0].mean[0] == Approx((0.4 + seen[1][0] + seen[2][0]) / 3));
  CHECK(found.mean[0] == Approx((0.4 + seen[10][0] + seen[11][0]) / 3));
  CHECK(found.history[1].elite_score == Approx((-1.0 - 11 - 12) / 3));
}

TEST_CASE("cem depends on the seed alone", "[search]") {
  const tl::cem_options options{.iterations = 10, .tolerance = 0, .seed = 3};
  const auto once = found_by(bowl, options), again = found_by(bowl, options);
  CHECK(once.best == again.best);
  CHECK(once.mean == again.mean);
  CHECK(once.history.size() == 10);
  CHECK(found_by(bowl, {.iterations = 10, .tolerance = 0, .seed = 4}).best != once.best);
}

TEST_CASE("a stopped cem keeps the best so far", "[search]") {
  std::size_t heard = 0;
  vector best;
  double best_score = -1e9;
  const auto hear = [&](const tl::cem_event& e) {
    if (e.what != tl::cem_moment::evaluation) return;
    CHECK(e.so_far.evaluations == ++heard);
    if (e.score.score <= best_score) return;
    best_score = e.score.score;
    best.assign(e.coefficients.begin(), e.coefficients.end());
  };
  const auto found = found_by(
      bowl, {.iterations = 50, .on_event = hear, .stop = [&] { return heard == 32 + 31 + 7; }});
  CHECK(found.ended == tl::cem_end::stopped);
  CHECK(found.evaluations == 32 + 31 + 7);
  CHECK(found.history.size() == 2);
  CHECK(found.best == best);
  CHECK(found.best_score.score == bowl(found.best));
  CHECK(found.best_score.score > bowl(vector(4, 0.25)));
}

TEST_CASE("what could not be evaluated is worse than anything", "[search]") {
  const double nan = std::nan("");
  CHECK(tl::is_better({-1e300}, {nan}));
  CHECK_FALSE(tl::is_better({nan}, {-1e300}));
  CHECK_FALSE(tl::is_better({nan}, {nan}));
  CHECK(tl::is_better({1, 2}, {1, 1}));
  CHECK_FALSE(tl::is_better({1, 9}, {2, 1}));
  const auto found =
      found_by([](coefficients a) { return a[0] > 0.5 ? std::nan("") : a[0]; }, {.iterations = 60});
  CHECK(found.best[0] > 0.49);
  CHECK(found.best[0] <= 0.5);
}

TEST_CASE("cem refuses options out of range", "[search]") {
  const tl::cem_start start = tl::even_start(2);
  CHECK(refusal({.low = 1, .high = 1}, start) == "cem: expected low below high, found [1, 1].");
  CHECK(refusal({.population = 9}, start) ==
        "cem: expected an elite_share that makes at least 2 elites, found 0.2 of 9.");
  CHECK(refusal({.elite_share = 1.5}, start) ==
        "cem: expected an elite_share above 0 and at most 1, found 1.5.");
  CHECK(refusal({.smoothing = 1}, start) ==
        "cem: expected a smoothing of 0 or more and below 1, found 1.");
  CHECK(refusal({.iterations = 0}, start) == "cem: expected at least one iteration, found none.");
  CHECK(refusal({}, {}) == "cem: expected at least one coefficient in the start, found none.");
  CHECK(refusal({}, {{0.5, 1.5}}) == "cem: expected a start between 0 and 1, found 1.5.");
  CHECK(refusal({}, {{0.5, 0.5}, {1}}) ==
        "cem: expected a deviation for each of 2 coefficients, found 1.");
  CHECK(refusal({}, {{0.5}, {-1}}) == "cem: expected deviations of 0 or more, found -1.");
  CHECK(tl::cem({}, {}, start).error().message == "cem: expected an objective, found none.");
}
