#ifndef TRILITH_SEARCH_INDICATORS_IMPL_HPP
#define TRILITH_SEARCH_INDICATORS_IMPL_HPP

#include <trilith/search/indicators.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace trilith::searches {

/// Adds the share (f_m - min) / (max - min) of each point to its sum.
TRILITH_EXACT_FLOAT inline void add_share(std::span<const std::vector<double>> front, std::size_t m,
                                          std::vector<double>& sums) {
  TRILITH_EXACT_FLOAT_BODY
  double low = front[0][m], high = front[0][m];
  for (const auto& f : front) low = std::min(low, f[m]), high = std::max(high, f[m]);
  if (!(high > low)) return;
  for (std::size_t i = 0; i < front.size(); ++i) sums[i] += (front[i][m] - low) / (high - low);
}

TRILITH_EXACT_FLOAT inline double squared_distance(const std::vector<double>& a,
                                                   const std::vector<double>& b) {
  TRILITH_EXACT_FLOAT_BODY
  double sum = 0;
  for (std::size_t m = 0; m < a.size(); ++m) sum += (a[m] - b[m]) * (a[m] - b[m]);
  return sum;
}

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

std::vector<double> knee_distances_of(std::span<const std::vector<double>> front) {
  std::vector<double> out(front.size(), 0.0);
  if (front.empty()) return out;
  for (std::size_t m = 0; m < front[0].size(); ++m) searches::add_share(front, m, out);
  const double unit = std::sqrt(static_cast<double>(front[0].size()));
  for (double& d : out) d = (1 - d) / unit;
  return out;
}

std::size_t knee_of(std::span<const std::vector<double>> front) {
  const std::vector<double> distances = knee_distances_of(front);
  const auto largest = std::max_element(distances.begin(), distances.end());
  return static_cast<std::size_t>(largest - distances.begin());
}

TRILITH_EXACT_FLOAT double hypervolume_of(std::span<const std::vector<double>> points,
                                          const std::array<double, 2>& reference) {
  TRILITH_EXACT_FLOAT_BODY
  std::vector<std::vector<double>> inside;
  for (const auto& p : points)
    if (p[0] < reference[0] && p[1] < reference[1]) inside.push_back(p);
  std::sort(inside.begin(), inside.end());
  double area = 0, top = reference[1];
  for (const auto& p : inside) {
    if (!(p[1] < top)) continue;  // dominated by one before
    area += (reference[0] - p[0]) * (top - p[1]);
    top = p[1];
  }
  return area;
}

double igd_of(std::span<const std::vector<double>> found,
              std::span<const std::vector<double>> truth) {
  double sum = 0;
  for (const auto& t : truth) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& f : found) nearest = std::min(nearest, searches::squared_distance(t, f));
    sum += std::sqrt(nearest);
  }
  return sum / static_cast<double>(truth.size());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
