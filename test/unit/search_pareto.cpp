// Fronts: their knee, their indicators, and how they are shown.

#include <trilith/search.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace pareto = trilith::pareto;

namespace {

using points = std::vector<std::vector<double>>;
constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("the knee is farthest from the line through the ends", "[search]") {
  // of f2 = 1 - sqrt(f1): f1 + f2 is least at 1/4; units do not matter
  points bend;
  for (int i = 0; i <= 1000; ++i) bend.push_back({i / 1000.0, 1 - std::sqrt(i / 1000.0)});
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
