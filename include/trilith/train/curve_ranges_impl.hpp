#ifndef TRILITH_TRAIN_CURVE_RANGES_IMPL_HPP
#define TRILITH_TRAIN_CURVE_RANGES_IMPL_HPP

#include <trilith/train/curve.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

/// What both pictures of a curve need.
namespace trilith::curves {

/// An interval; empty until something was added.
struct range {
  double low = 0, high = 0;
  bool is_empty = true;

  void add(double v) noexcept {
    low = is_empty ? v : std::min(low, v);
    high = is_empty ? v : std::max(high, v);
    is_empty = false;
  }
  /// Where v lies, 0 at `low` and 1 at `high`.
  [[nodiscard]] double share(double v) const noexcept { return (v - low) / (high - low); }
  /// With a width above 0.
  [[nodiscard]] range widened() const noexcept {
    if (is_empty) return {0, 1, false};
    const double more = high > low ? 0 : std::max(std::fabs(low) * 0.1, 0.5);
    return {low - more, high + more, false};
  }
};

[[nodiscard]] inline std::vector<curve_point> finite(const std::vector<curve_point>& points) {
  std::vector<curve_point> out;
  for (const curve_point& p : points)
    if (std::isfinite(p.x) && std::isfinite(p.y)) out.push_back(p);
  return out;
}

/// At most `most` points: the means of stretches of equal count.
[[nodiscard]] inline std::vector<curve_point> thinned(const std::vector<curve_point>& points,
                                                      std::size_t most) {
  const std::size_t each = (points.size() + most - 1) / std::max<std::size_t>(most, 1);
  if (each <= 1) return points;
  std::vector<curve_point> out;
  for (std::size_t first = 0; first < points.size(); first += each) {
    const std::size_t count = std::min(each, points.size() - first);
    curve_point mean;
    for (std::size_t i = first; i < first + count; ++i)
      mean.x += points[i].x, mean.y += points[i].y;
    out.push_back({mean.x / static_cast<double>(count), mean.y / static_cast<double>(count)});
  }
  return out;
}

/// The mean of each point with those up to a fiftieth of all before and behind it.
[[nodiscard]] inline std::vector<curve_point> smoothed(const std::vector<curve_point>& points) {
  std::vector<curve_point> out = points;
  const std::size_t reach = points.size() / 50;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t near = std::min({reach, i, points.size() - 1 - i});
    double sum = 0;
    for (std::size_t j = i - near; j <= i + near; ++j) sum += points[j].y;
    out[i].y = sum / static_cast<double>(2 * near + 1);
  }
  return out;
}

/// About five round numbers: multiples of 1, 2 or 5 times a power of ten.
[[nodiscard]] inline std::vector<double> ticks(const range& r) {
  const double raw = (r.high - r.low) / 5, power = std::pow(10.0, std::floor(std::log10(raw)));
  const double left = raw / power;
  const double step = power * (left < 1.5 ? 1 : left < 3.5 ? 2 : left < 7.5 ? 5 : 10);
  std::vector<double> out;
  for (double n = std::ceil(r.low / step); n * step <= r.high; ++n) out.push_back(n * step);
  return out;
}

/// "1500", "20k", "2.5".
[[nodiscard]] inline std::string label(double v) {
  const bool is_long = std::fabs(v) >= 10000 && std::fabs(v) < 1e7;
  char text[32];
  std::snprintf(text, sizeof text, is_long ? "%.4gk" : "%.4g", is_long ? v / 1000 : v);
  return text;
}

}  // namespace trilith::curves

#endif
