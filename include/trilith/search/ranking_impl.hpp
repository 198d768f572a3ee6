#ifndef TRILITH_SEARCH_RANKING_IMPL_HPP
#define TRILITH_SEARCH_RANKING_IMPL_HPP

#include <trilith/search/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace trilith::searches {

using indices = std::vector<std::size_t>;

/// Fronts by ascending rank, each in ascending order. dominates(i, j): whether i dominates j.
template <class Dominates>
[[nodiscard]] std::vector<indices> fronts_of(std::size_t n, const Dominates& dominates) {
  std::vector<indices> dominated(n);  // by each
  indices dominators(n, 0);           // how many of each are not in a front yet
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (dominates(i, j)) dominated[i].push_back(j), ++dominators[j];
  std::vector<indices> fronts;
  indices next;
  for (std::size_t i = 0; i < n; ++i)
    if (dominators[i] == 0) next.push_back(i);
  while (!next.empty()) {
    std::sort(next.begin(), next.end());
    fronts.push_back(std::exchange(next, {}));
    for (const std::size_t i : fronts.back())
      for (const std::size_t j : dominated[i])
        if (--dominators[j] == 0) next.push_back(j);
  }
  return fronts;
}

/// The first of each set of equal points.
[[nodiscard]] inline indices first_of_equals(std::span<const std::vector<double>> points) {
  std::map<std::vector<double>, std::size_t> seen;
  indices out;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (seen.emplace(points[i], i).second) out.push_back(i);
  return out;
}

/// d_i += the distance of i's neighbours by objective m, over M and the objective's range.
TRILITH_EXACT_FLOAT inline void add_crowding(std::span<const std::vector<double>> points,
                                             std::size_t m, indices order,
                                             std::vector<double>& distance) {
  TRILITH_EXACT_FLOAT_BODY
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return points[a][m] < points[b][m]; });
  const auto f = [&](std::size_t i) { return points[order[i]][m]; };
  const std::size_t last = order.size() - 1;
  const double range = f(last) - f(0);
  if (!(range > 0) || !std::isfinite(range)) return;
  const double unit = range * static_cast<double>(points[0].size());
  distance[order[0]] = distance[order[last]] = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < last; ++i) distance[order[i]] += (f(i + 1) - f(i - 1)) / unit;
}

[[nodiscard]] inline std::vector<indices> fronts_of(const std::vector<pareto::individual>& all) {
  return fronts_of(all.size(),
                   [&](std::size_t i, std::size_t j) { return dominates(all[i], all[j]); });
}

/// Notes the rank and the crowding of a front's members.
inline void describe_front(std::vector<pareto::individual>& all, const indices& front,
                           std::size_t rank) {
  std::vector<std::vector<double>> points;
  for (const std::size_t i : front) points.push_back(all[i].objectives);
  const std::vector<double> distance = pareto::crowding(points);
  for (std::size_t k = 0; k < front.size(); ++k)
    all[front[k]].rank = rank, all[front[k]].crowding = distance[k];
}

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

std::vector<std::size_t> ranks_of_points(std::span<const std::vector<double>> points,
                                         std::span<const double> violations) {
  const auto violation = [&](std::size_t i) { return violations.empty() ? 0.0 : violations[i]; };
  const auto fronts = searches::fronts_of(points.size(), [&](std::size_t i, std::size_t j) {
    return pareto::dominates(points[i], violation(i), points[j], violation(j));
  });
  std::vector<std::size_t> ranks(points.size());
  for (std::size_t r = 0; r < fronts.size(); ++r)
    for (const std::size_t i : fronts[r]) ranks[i] = r;
  return ranks;
}

std::vector<double> crowding_of_points(std::span<const std::vector<double>> points) {
  std::vector<double> distance(points.size(), 0.0);
  const searches::indices distinct = searches::first_of_equals(points);
  if (distinct.size() <= 2) {
    for (const std::size_t i : distinct) distance[i] = std::numeric_limits<double>::infinity();
    return distance;
  }
  for (std::size_t m = 0; m < points[0].size(); ++m)
    searches::add_crowding(points, m, distinct, distance);
  return distance;
}

std::vector<pareto::individual> survivors_among(std::vector<pareto::individual> all,
                                                std::size_t count) {
  std::vector<pareto::individual> out;
  const auto fronts = searches::fronts_of(all);
  for (std::size_t r = 0; r < fronts.size() && out.size() < count; ++r) {
    searches::indices front = fronts[r];
    searches::describe_front(all, front, r);
    if (out.size() + front.size() > count)
      std::stable_sort(front.begin(), front.end(), [&](std::size_t a, std::size_t b) {
        return all[a].crowding > all[b].crowding;
      });
    front.resize(std::min(front.size(), count - out.size()));
    for (const std::size_t i : front) out.push_back(std::move(all[i]));
  }
  return out;
}

std::vector<pareto::individual> front_among(std::span<const pareto::individual> all) {
  std::vector<pareto::individual> feasible, out;
  for (const pareto::individual& one : all)
    if (one.is_feasible()) feasible.push_back(one);
  const auto fronts = searches::fronts_of(feasible);
  if (fronts.empty()) return out;
  for (const std::size_t i : fronts[0]) out.push_back(std::move(feasible[i]));
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.objectives < b.objectives; });
  return out;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
