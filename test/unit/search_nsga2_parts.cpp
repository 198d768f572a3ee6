// The parts of NSGA-II against published and hand-made answers.

#include <trilith/core/random.hpp>
#include <trilith/search.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;
namespace pareto = trilith::pareto;
namespace variation = trilith::variation;

namespace {

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
