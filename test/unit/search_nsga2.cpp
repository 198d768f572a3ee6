// NSGA-II: its parts against published and hand-made answers, and the whole on problems whose
// fronts are known.

#include <trilith/core/random.hpp>
#include <trilith/search.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace pareto = trilith::pareto;
namespace variation = trilith::variation;

namespace {

using genome = std::span<const double>;
using points = std::vector<std::vector<double>>;
constexpr double inf = std::numeric_limits<double>::infinity();

double random_at(std::uint64_t stream, std::uint64_t i) {
  return (double(tl::philox(1, stream, i)[0]) + 0.5) * 0x1p-32;
}
/// Few-valued, so that points are often equal in an objective.
points random_points(std::size_t n, std::size_t objectives, std::uint64_t stream) {
  points out(n, std::vector<double>(objectives));
  for (std::size_t i = 0; i < n * objectives; ++i)
    out[i / objectives][i % objectives] = std::floor(8 * random_at(stream, i));
  return out;
}

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

TEST_CASE("crowding distances are pymoo's", "[search]") {
  CHECK(pareto::crowding(points{{1, 1}, {1, 1}, {0.5, 1.5}, {0, 2}}) ==
        std::vector<double>{inf, 0, 1, inf});
  CHECK(pareto::crowding(points{{1, 1.5, 0.5, 1}, {1, 0.5, 1.5, 1}, {1, 0, 2, 1.5}}) ==
        std::vector<double>{inf, 0.75, inf});
  CHECK(pareto::crowding(points{{1, 2}, {2, 1}}) == std::vector<double>{inf, inf});
  CHECK(pareto::crowding(points{{1, 2}, {1, 2}}) == std::vector<double>{inf, 0});
  CHECK(pareto::crowding(points{}).empty());
}

TEST_CASE("ranks of a hand-made set", "[search]") {
  const points f{{1, 5}, {2, 3}, {4, 1}, {2, 5}, {3, 3}, {5, 5}, {2, 3}, {4, 4}};
  CHECK(pareto::ranks(f) == std::vector<std::size_t>{0, 0, 0, 1, 1, 3, 0, 2});
  // what misses a constraint is behind all that does not, whatever its objectives
  CHECK(pareto::ranks(points{{9, 9}, {0, 0}, {1, 1}, {0, 9}}, std::vector<double>{0, 2, 1, 2}) ==
        std::vector<std::size_t>{0, 2, 1, 3});
  CHECK(pareto::dominates({{}, {9, 9}, 0}, {{}, {0, 0}, 0.1}));
  CHECK_FALSE(pareto::dominates({{}, {0, 0}, 0.2}, {{}, {9, 9}, 0.1}));
  CHECK_FALSE(pareto::dominates({{}, {1, 1}}, {{}, {1, 1}}));
}

TEST_CASE("ranks are those of peeling front after front", "[search]") {
  for (const std::size_t objectives : {1u, 2u, 3u, 5u}) {
    const points f = random_points(120, objectives, objectives);
    std::vector<std::size_t> expected(f.size(), f.size());
    for (std::size_t rank = 0, left = f.size(); left != 0; ++rank)
      for (std::size_t i = 0; i < f.size(); ++i) {
        bool is_dominated = expected[i] < rank;
        for (std::size_t j = 0; j < f.size(); ++j)
          is_dominated = is_dominated || (expected[j] >= rank && pareto::dominates(f[j], f[i]));
        if (!is_dominated) expected[i] = rank, --left;
      }
    CHECK(pareto::ranks(f) == expected);
  }
}

TEST_CASE("survivors are the lowest fronts, then the least crowded", "[search]") {
  std::vector<pareto::individual> all;
  for (const auto& f : points{{9, 9}, {0, 4}, {1, 2.9}, {1.1, 2.8}, {2, 2}, {4, 0}, {8, 9}})
    all.push_back({{}, f});
  const auto kept = pareto::survivors(all, 4);
  REQUIRE(kept.size() == 4);
  std::set<std::vector<double>> found;
  for (const auto& one : kept) found.insert(one.objectives);
  // neighbours of (1, 2.9) are nearest: 1.1 - 0 and 4 - 2.8; those of (1.1, 2.8): 2 - 1, 2.9 - 2
  CHECK(found == std::set<std::vector<double>>{{0, 4}, {4, 0}, {2, 2}, {1, 2.9}});
  CHECK(pareto::survivors(all, 7)[6].objectives == std::vector<double>{9, 9});
  CHECK(pareto::survivors(all, 7)[6].rank == 2);
}

TEST_CASE("tournaments are won by rank, then by room", "[search]") {
  const pareto::individual front{{1}, {}, 0, 0, 0.1}, alone{{2}, {}, 0, 1, inf},
      crowded{{3}, {}, 0, 1, 0.5};
  for (const bool prefers_first : {false, true}) {
    CHECK(pareto::tournament(front, alone, prefers_first).genome[0] == 1);
    CHECK(pareto::tournament(alone, front, prefers_first).genome[0] == 1);
    CHECK(pareto::tournament(crowded, alone, prefers_first).genome[0] == 2);
  }
  const pareto::individual twin{{4}, {}, 0, 1, 0.5};
  CHECK(pareto::tournament(crowded, twin, true).genome[0] == 3);
  CHECK(pareto::tournament(crowded, twin, false).genome[0] == 4);
}

TEST_CASE("crossed numbers stay in bounds and keep their mean", "[search]") {
  int nearer = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const double u = random_at(1, i), a = 5 * random_at(2, i), b = 5 * random_at(3, i);
    const auto [low, high] = variation::cross(a, b, 0, 5, 15, u);
    CHECK((low >= 0 && low <= high && high <= 5));
    // as far from one bound as from the other
    const auto even = variation::cross(a, 5 - a, 0, 5, 15, u);
    CHECK(even[0] + even[1] == Approx(5).epsilon(1e-12));
    // bounds far away
    const auto open = variation::cross(a, b, -1e6, 1e6, 15, u);
    CHECK(open[0] + open[1] == Approx(a + b).epsilon(1e-9));
    nearer += open[1] - open[0] < std::abs(a - b);
  }
  CHECK(std::abs(nearer - 1000) < 4 * std::sqrt(500.0));
  // u = 1/2 changes nothing without bounds; u and 1 - u spread by beta and 1 / beta
  CHECK(variation::spread(0.5, 1e9, 15) == Approx(1).epsilon(1e-14));
  CHECK(variation::spread(0.1, 1e9, 15) * variation::spread(0.9, 1e9, 15) == Approx(1));
  CHECK(variation::spread(0.1, 1e9, 15) == Approx(std::pow(0.2, 1.0 / 16)).epsilon(1e-13));
  CHECK(variation::cross(2, 2, 0, 5, 15, 0.9) == std::array{2.0, 2.0});
  // u -> 1 leads to the bounds themselves
  CHECK(variation::cross(2, 3, 0, 4, 15, 1 - 1e-15)[0] == Approx(0).margin(1e-3));
  CHECK(variation::cross(2, 3, 0, 4, 15, 1 - 1e-15)[1] == Approx(4).margin(1e-3));
}

TEST_CASE("mutated numbers stay in bounds and reach them", "[search]") {
  double sum = 0, farthest = 0;
  for (int i = 0; i < 1000; ++i) {
    const double u = (i + 0.5) / 1000, x = variation::mutate(1, -1, 3, 20, u);
    CHECK((x >= -1 && x <= 3));
    sum += x - 1;
    farthest = std::max(farthest, std::abs(x - 1));
    CHECK((u < 0.5) == (x < 1));
  }
  CHECK(std::abs(sum) < 1e-9);  // from the middle, as often up as down
  CHECK(farthest > 0.5);
  CHECK(variation::mutate(0.25, -1, 3, 20, 0.5) == Approx(0.25).epsilon(1e-14));
  CHECK(variation::mutate(0.25, -1, 3, 20, 1e-300) == Approx(-1));
  CHECK(variation::mutate(0.25, -1, 3, 20, 1 - 1e-16) == Approx(3));
  CHECK(variation::mutate(-1, -1, 3, 20, 0.2) == Approx(-1));
  const double room = std::pow(1 - 1.25 / 4, 21);
  CHECK(variation::mutate(0.25, -1, 3, 20, 0.3) ==
        Approx(0.25 + 4 * (std::pow(0.6 + 0.4 * room, 1.0 / 21) - 1)).epsilon(1e-12));
}

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

TEST_CASE("the knee is farthest from the line through the ends", "[search]") {
  // of f2 = 1 - sqrt(f1): f1 + f2 is least at 1/4; units do not matter
  points bend = curve(0, 1, [](double f) { return 1 - std::sqrt(f); });
  CHECK(pareto::knee(bend) == 250);
  CHECK(pareto::knee_distances(bend)[250] == Approx(0.25 / std::sqrt(2)));
  CHECK(pareto::knee_distances(bend)[0] == 0);
  for (auto& f : bend) f = {1000 * f[0] - 7, 3 + 0.01 * f[1]};
  CHECK(pareto::knee(bend) == 250);
  const points three{{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {0.3, 0.4, 0.2}, {0.5, 0.5, 0.5}};
  CHECK(pareto::knee(three) == 3);
  CHECK(pareto::knee_distances(three)[3] == Approx(0.1 / std::sqrt(3)));
  CHECK(pareto::knee(points{}) == 0);
}

TEST_CASE("indicators of hand-made fronts", "[search]") {
  CHECK(pareto::hypervolume(points{{0, 1}, {1, 0}}, {2, 2}) == 3);
  CHECK(pareto::hypervolume(points{{1, 0}, {0, 1}, {1, 1}, {3, -5}, {0, 2}}, {2, 2}) == 3);
  CHECK(pareto::hypervolume(points{}, {2, 2}) == 0);
  CHECK(pareto::igd(points{{0, 0}}, points{{3, 4}, {0, 1}}) == 3);
  CHECK(pareto::igd(points{{0, 0}, {3, 4}}, points{{3, 4}, {0, 1}}) == 0.5);
  CHECK(pareto::igd(points{}, points{{0, 0}}) == inf);
}

TEST_CASE("a front as a table and as a picture", "[search]") {
  pareto::table table{.title = "a < b",
                      .axes = {{"right, \"all\"", true}, {"ms|token"}},
                      .genes = {"code"},
                      .front = {{{0.5}, {-0.9, 40}}, {{0.25}, {-0.8, 10}}, {{0}, {-0.5, 5}}},
                      .others = {{{1}, {-0.4, 30}}}};
  CHECK(table.markdown() ==
        "| point | right, \"all\" | ms\\|token | code |\n|---:|---:|---:|---:|\n"
        "| 1 | 0.9 | 40 | 0.5 |\n| **2** (knee) | 0.8 | 10 | 0.25 |\n| 3 | 0.5 | 5 | 0 |\n");
  CHECK(table.csv() ==
        "point,knee,\"right, \"\"all\"\"\",ms|token,code\r\n"
        "1,0,0.9,40,0.5\r\n2,1,0.8,10,0.25\r\n3,0,0.5,5,0\r\n");
  const std::string svg = table.svg();
  const auto count = [&](std::string_view word) {
    std::size_t n = 0;
    for (auto at = svg.find(word); at != svg.npos; at = svg.find(word, at + 1)) ++n;
    return n;
  };
  CHECK(count("<circle") == 5);  // three, one behind them, and the ring
  CHECK(count("knee: 0.8, 10") == 1);
  CHECK(count("a &lt; b") == 1);
  CHECK(count(">ms|token<") == 1);
  CHECK(count("nan") == 0);
  table.front.clear(), table.others.clear();
  CHECK(table.markdown() == "No point is feasible.\n");
  CHECK(table.svg().find("circle") == std::string::npos);
}
