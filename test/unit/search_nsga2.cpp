// NSGA-II on problems whose fronts are known.

#include <trilith/search.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace pareto = trilith::pareto;

namespace {

using genome = std::span<const double>;
using points = std::vector<std::vector<double>>;
constexpr double inf = std::numeric_limits<double>::infinity();

// [zdt1]
/// f1 = x1, f2 = g (1 - sqrt(f1 / g)), g = 1 + 9 mean(x2 ... xn); its front has g = 1.
tl::pareto::evaluation zdt1(std::span<const double> x) {
  double sum = 0;
  for (std::size_t i = 1; i < x.size(); ++i) sum += x[i];
  const double g = 1 + 9 * sum / static_cast<double>(x.size() - 1);
  return {{x[0], g * (1 - std::sqrt(x[0] / g))}};
}

tl::nsga2_options thirty_numbers(std::uint64_t seed) {
  return {.low = std::vector<double>(30, 0.0),
          .high = std::vector<double>(30, 1.0),
          .population = 100,
          .generations = 250,
          .seed = seed};
}
// [zdt1]

/// The same with f2 = g (1 - (f1 / g)^2), a front that bulges the other way.
pareto::evaluation zdt2(genome x) {
  const double f1 = x[0], f2 = zdt1(x).objectives[1];
  // g is found again from f2 = g - sqrt(f1 g)
  const double root = (std::sqrt(f1) + std::sqrt(f1 + 4 * f2)) / 2, g = root * root;
  return {{f1, g * (1 - f1 * f1 / (g * g))}};
}

/// Deb's CONSTR: f2 = (1 + x2) / x1 with 9 x1 + x2 >= 6 and 9 x1 - x2 >= 1.
pareto::evaluation constr(genome x) {
  const double first = std::max(0.0, 6 - 9 * x[0] - x[1]),
               second = std::max(0.0, 1 - 9 * x[0] + x[1]);
  return {{x[0], (1 + x[1]) / x[0]}, first + second};
}
tl::nsga2_options constr_options(std::uint64_t seed = 1) {
  return {.low = {0.1, 0}, .high = {1, 5}, .population = 100, .generations = 100, .seed = seed};
}

template <class F>
points curve(double from, double to, const F& f2) {
  points out;
  for (int i = 0; i <= 1000; ++i) {
    const double f1 = from + (to - from) * i / 1000;
    out.push_back({f1, f2(f1)});
  }
  return out;
}

double igd(const tl::nsga2_result& found, const points& truth) {
  return pareto::igd(pareto::objectives_of(found.front()), truth);
}

tl::error refusal(tl::nsga2_options options) {
  const auto found = tl::nsga2(constr, options);
  return found ? tl::error{} : found.error();
}

}  // namespace

TEST_CASE("nsga2 finds the front of ZDT1", "[search]") {
  const points truth = curve(0, 1, [](double f) { return 1 - std::sqrt(f); });
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto found = tl::nsga2(zdt1, thirty_numbers(seed));
    REQUIRE(found);
    const auto front = pareto::objectives_of(found->front());
    INFO("seed " << seed << ": IGD " << igd(*found, truth));
    CHECK(igd(*found, truth) < 0.01);
    CHECK(front.size() == 100);
    CHECK(found->evaluations == 100 * 251);
    CHECK(found->generations == 250);
    // the whole front up to (1.1, 1.1) dominates 1.21 - 1/3
    CHECK(pareto::hypervolume(front, {1.1, 1.1}) > 0.98 * (1.21 - 1.0 / 3));
    CHECK(pareto::hypervolume(front, {1.1, 1.1}) < 1.21 - 1.0 / 3);
    CHECK(front[pareto::knee(front)][0] == Approx(0.25).margin(0.03));
  }
}

TEST_CASE("nsga2 finds the front of ZDT2", "[search]") {
  const points truth = curve(0, 1, [](double f) { return 1 - f * f; });
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const auto found = tl::nsga2(zdt2, thirty_numbers(seed));
    REQUIRE(found);
    INFO("seed " << seed << ": IGD " << igd(*found, truth));
    CHECK(igd(*found, truth) < 0.01);
  }
}

TEST_CASE("nsga2 finds a front that lies on a constraint", "[search]") {
  const points truth =
      curve(7.0 / 18, 1, [](double f) { return f < 2.0 / 3 ? (7 - 9 * f) / f : 1 / f; });
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto found = tl::nsga2(constr, constr_options(seed));
    REQUIRE(found);
    INFO("seed " << seed << ": IGD " << igd(*found, truth));
    CHECK(igd(*found, truth) < 0.03);  // f2 reaches 9
    for (const auto& one : found->front()) CHECK(constr(one.genome).violation == 0);
  }
}

TEST_CASE("nsga2 depends on the seed alone, and never asks twice", "[search]") {
  std::vector<std::vector<double>> asked;
  const auto note = [&](genome x) {
    asked.emplace_back(x.begin(), x.end());
    return constr(x);
  };
  auto options = constr_options();
  options.generations = 20;
  const auto found = tl::nsga2(note, options).value();
  const auto once = std::exchange(asked, {});
  CHECK(once.size() == 2100);
  CHECK(std::set(once.begin(), once.end()).size() > 2095);  // those that died out may come again
  CHECK(tl::nsga2(note, options).value().front()[7].genome == found.front()[7].genome);
  CHECK(once == asked);
  options.seed = 2;
  CHECK(tl::nsga2(constr, options).value().front()[7].genome != found.front()[7].genome);
}

TEST_CASE("no two genomes of a population are equal", "[search]") {
  auto options = constr_options();
  options.crossover = 0, options.mutation = 0.1;  // four children of five are copies
  const auto check_population = [](const tl::nsga2_event& e) {
    if (e.what != tl::nsga2_moment::generation) return;
    std::set<std::vector<double>> seen;
    for (const auto& one : e.so_far.population) seen.insert(one.genome);
    CHECK(seen.size() == 100);
  };
  options.on_event = check_population;
  CHECK(tl::nsga2(constr, options).value().evaluations == 100 * 101);
  options.mutation = 1e-300;  // nothing new can be made: generations without children, and an end
  options.generations = 3;
  CHECK(tl::nsga2(constr, options).value().evaluations == 100);
}

TEST_CASE("the best in each objective survives", "[search]") {
  double least = inf, other = inf;
  auto options = thirty_numbers(5);
  options.generations = 40;
  options.on_event = [&](const tl::nsga2_event& e) {
    if (e.what == tl::nsga2_moment::evaluation) {
      least = std::min(least, e.last.objectives[0]);
      other = std::min(other, e.last.objectives[1]);
      return;
    }
    const auto front = e.so_far.front();
    CHECK(front.front().objectives[0] == least);
    CHECK(front.back().objectives[1] == other);
  };
  CHECK(tl::nsga2(zdt1, options).value().generations == 40);
}

TEST_CASE("a stopped nsga2 keeps the best so far", "[search]") {
  for (const std::size_t last : {7u, 257u}) {
    std::size_t heard = 0;
    double least = inf;
    auto options = thirty_numbers(1);
    options.on_event = [&](const tl::nsga2_event& e) {
      if (e.what != tl::nsga2_moment::evaluation) return;
      ++heard;
      least = std::min(least, e.last.objectives[1]);
    };
    options.stop = [&] { return heard == last; };
    const auto found = tl::nsga2(zdt1, options).value();
    CHECK(found.is_stopped);
    CHECK(found.evaluations == last);
    CHECK(found.generations == (last - 1) / 100 - (last > 100));
    CHECK(found.population.size() == std::min<std::size_t>(last, 100));
    CHECK(found.front().back().objectives[1] == least);
  }
}

TEST_CASE("nsga2 begins with known genomes", "[search]") {
  auto options = thirty_numbers(1);
  options.generations = 1;
  options.start = {std::vector<double>(30, 0.0), std::vector<double>(30, 0.0)};
  const auto found = tl::nsga2(zdt1, options).value();
  CHECK(found.evaluations == 200);
  CHECK(found.front().front().objectives == std::vector<double>{0, 1});
}

TEST_CASE("what could not be evaluated is worse than what misses constraints", "[search]") {
  auto options = constr_options();
  const auto patchy = [](genome x) -> pareto::evaluation {
    if (x[0] > 0.8) return {{x[0], std::nan("")}};
    return constr(x);
  };
  const auto found = tl::nsga2(patchy, options).value();
  CHECK(found.front().size() == 100);
  CHECK(found.front().back().genome[0] <= 0.8);
  CHECK(found.front().back().genome[0] > 0.79);
  const auto nothing = [](genome) -> pareto::evaluation { return {{1, std::nan("")}}; };
  options.generations = 2;
  CHECK(tl::nsga2(nothing, options).value().front().empty());
}

TEST_CASE("nsga2 refuses what it cannot work with", "[search]") {
  auto options = constr_options();
  for (const std::size_t wrong : {0u, 2u, 7u}) {
    options.population = wrong;
    CHECK(refusal(options).code == tl::errc::invalid_argument);
    CHECK(refusal(options).message ==
          "nsga2: expected an even population of 4 or more, found " + std::to_string(wrong) + ".");
  }
  options = constr_options();
  options.high[1] = 0;
  CHECK(refusal(options).message == "nsga2: expected low below high for number 1, found [0, 0].");
  options.high = {1};
  CHECK(refusal(options).message ==
        "nsga2: expected as many upper bounds as lower ones, 2, found 1.");
  CHECK(refusal({}).message == "nsga2: expected bounds of at least one number, found none.");
  options = constr_options();
  options.mutation = 1.5;
  CHECK(refusal(options).message == "nsga2: expected probabilities of 0 to 1, found 1.5.");
  options = constr_options();
  options.crossover_eta = -1;
  CHECK(refusal(options).message == "nsga2: expected an eta of 0 or more, found -1.");
  options = constr_options();
  options.start = {{0.5, 9}};
  CHECK(refusal(options).message ==
        "nsga2: expected number 1 of a genome in start between its bounds, found 9.");
  options = constr_options();
  CHECK(tl::nsga2({}, options).error().message == "nsga2: expected an objective, found none.");
  const auto none = tl::nsga2([](genome) { return pareto::evaluation(); }, options);
  CHECK(none.error().code == tl::errc::invalid_argument);
  CHECK(none.error().message == "nsga2: expected at least one objective, found none.");
  std::size_t asked = 0;
  const auto uneven = tl::nsga2(
      [&](genome) { return pareto::evaluation(std::vector<double>(++asked == 150 ? 3 : 2)); },
      options);
  CHECK(uneven.error().code == tl::errc::mismatch);
  CHECK(uneven.error().message ==
        "nsga2: expected 2 objectives, as in the first evaluation, found 3.");
}
