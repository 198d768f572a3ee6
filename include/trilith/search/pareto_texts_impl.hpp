#ifndef TRILITH_SEARCH_PARETO_TEXTS_IMPL_HPP
#define TRILITH_SEARCH_PARETO_TEXTS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/search/indicators.hpp>
#include <trilith/search/pareto_table.hpp>
#include <trilith/search/ranking.hpp>

#include <cmath>
#include <cstdio>

/// What all forms of a front share.
namespace trilith::searches {

[[nodiscard]] inline std::size_t objectives_in(const pareto::table& table) {
  return table.front.empty() ? table.axes.size() : table.front[0].objectives.size();
}

[[nodiscard]] inline std::string axis_name(const pareto::table& table, std::size_t m) {
  return m < table.axes.size() ? table.axes[m].name : join("objective ", m + 1);
}

/// An objective as people know it; NaN where there is none.
[[nodiscard]] inline double shown(const pareto::table& table, const pareto::individual& one,
                                  std::size_t m) {
  if (m >= one.objectives.size()) return std::nan("");
  const double f = one.objectives[m];
  return m < table.axes.size() && table.axes[m].is_negated ? 0 - f : f;
}

[[nodiscard]] inline std::size_t knee_in(const pareto::table& table) {
  return pareto::knee(pareto::objectives_of(table.front));
}

/// Six digits are what a person compares; nothing for NaN.
[[nodiscard]] inline std::string spelled(double v) {
  if (v != v) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", v);
  return text;
}

}  // namespace trilith::searches

#endif
