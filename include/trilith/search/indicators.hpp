#ifndef TRILITH_SEARCH_INDICATORS_HPP
#define TRILITH_SEARCH_INDICATORS_HPP

#include <trilith/config.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace trilith::TRILITH_IMPLEMENTED {
std::vector<double> knee_distances_of(std::span<const std::vector<double>> front);
std::size_t knee_of(std::span<const std::vector<double>> front);
double hypervolume_of(std::span<const std::vector<double>> points,
                      const std::array<double, 2>& reference);
double igd_of(std::span<const std::vector<double>> found,
              std::span<const std::vector<double>> truth);
}  // namespace trilith::TRILITH_IMPLEMENTED

/// What a front is worth, and which of its points is a good compromise. Objectives are finite and
/// minimised.
namespace trilith::pareto {

/// How far each point lies from the hyperplane through the ends of the front, towards where all
/// objectives are best:
///
///     g_m = (f_m - min f_m) / (max f_m - min f_m)       d = (1 - sum_m g_m) / sqrt(M)
///
/// With two objectives that is the line from the best in one to the best in the other; with more,
/// the plane through the points at which one g_m is 1 and the others are 0. Below 0 beyond it. A
/// constant objective has g_m = 0.
/// @see Das: "On characterizing the knee of the Pareto curve based on normal-boundary
///      intersection", Structural Optimization 18, 1999.
[[nodiscard]] inline std::vector<double> knee_distances(
    std::span<const std::vector<double>> front) {
  return TRILITH_IMPLEMENTED::knee_distances_of(front);
}

/// The knee: the index of the largest knee distance, the first of equal ones; 0 of an empty front.
/// A front that bulges the other way has none, and gives one of its ends.
///
///     const auto all = found.front();
///     const auto& compromise = all[tl::pareto::knee(tl::pareto::objectives_of(all))];
[[nodiscard]] inline std::size_t knee(std::span<const std::vector<double>> front) {
  return TRILITH_IMPLEMENTED::knee_of(front);
}

/// The area that points of two objectives dominate, up to a reference point; larger is better.
/// Points that do not lie below the reference in both add nothing.
/// Cost: O(N log N).
/// @see Zitzler, Thiele: "Multiobjective evolutionary algorithms", 1999.
///
///     tl::pareto::hypervolume(std::vector<std::vector<double>>{{0, 1}, {1, 0}}, {2, 2})   // 3
[[nodiscard]] inline double hypervolume(std::span<const std::vector<double>> points,
                                        const std::array<double, 2>& reference) {
  return TRILITH_IMPLEMENTED::hypervolume_of(points, reference);
}

/// Inverted generational distance: the mean distance from a point of the true front to the nearest
/// that was found; 0 is best. It grows with points that are far off and with parts that are missed.
///
/// @param found  N vectors of M objectives; none: infinite
/// @param truth  points that lie densely on the true front, at least one
/// Cost: O(M N truth).
/// @see Coello Coello, Reyes Sierra: "A study of the parallelization of a coevolutionary
///      multi-objective evolutionary algorithm", MICAI 2004.
[[nodiscard]] inline double igd(std::span<const std::vector<double>> found,
                                std::span<const std::vector<double>> truth) {
  return TRILITH_IMPLEMENTED::igd_of(found, truth);
}

}  // namespace trilith::pareto

#endif
