#ifndef TRILITH_SEARCH_RANKING_HPP
#define TRILITH_SEARCH_RANKING_HPP

#include <trilith/config.hpp>
#include <trilith/search/individual.hpp>

namespace trilith::TRILITH_IMPLEMENTED {
std::vector<std::size_t> ranks_of_points(std::span<const std::vector<double>> points,
                                         std::span<const double> violations);
std::vector<double> crowding_of_points(std::span<const std::vector<double>> points);
std::vector<pareto::individual> survivors_among(std::vector<pareto::individual> all,
                                                std::size_t count);
std::vector<pareto::individual> front_among(std::span<const pareto::individual> all);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::pareto {

/// Fast non-dominated sorting: rank 0 is dominated by none, rank r by none but those of ranks
/// below.
///
/// @param points      N vectors of M objectives
/// @param violations  N numbers, or none: all feasible
/// Cost: O(M N^2) comparisons, at most N^2 / 2 indices.
/// @see Deb et al. 2002, section III-A.
///
///     tl::pareto::ranks(std::vector<std::vector<double>>{{1, 2}, {2, 1}, {2, 2}})   // 0, 0, 1
[[nodiscard]] inline std::vector<std::size_t> ranks(std::span<const std::vector<double>> points,
                                                    std::span<const double> violations = {}) {
  return TRILITH_IMPLEMENTED::ranks_of_points(points, violations);
}

/// How alone each point of a front stands:
///
///     d_i = 1/M sum_m (f_m[next] - f_m[previous]) / (max f_m - min f_m)
///
/// with the neighbours in the order of objective m; infinite for the first and the last of an
/// order; an objective that is constant or not finite counts 0. Of points with the same
/// objectives, the first alone counts, and the others get 0.
///
/// @param points  N vectors of M objectives: one front
/// Cost: O(M N log N).
/// @see Deb et al. 2002, section III-B, which sums where this takes the mean. An order of points by
/// it is the same.
[[nodiscard]] inline std::vector<double> crowding(std::span<const std::vector<double>> points) {
  return TRILITH_IMPLEMENTED::crowding_of_points(points);
}

/// The `count` best, with their ranks and crowding distances: fronts by ascending rank while they
/// fit, then the least crowded of the next one. Equal ones stay in their order.
/// @see Deb et al. 2002, section III-C.
[[nodiscard]] inline std::vector<individual> survivors(std::vector<individual> all,
                                                       std::size_t count) {
  return TRILITH_IMPLEMENTED::survivors_among(std::move(all), count);
}

/// The feasible ones that no other dominates, ascending in the first objective (equal ones in the
/// next). Empty where none is feasible.
[[nodiscard]] inline std::vector<individual> front(std::span<const individual> all) {
  return TRILITH_IMPLEMENTED::front_among(all);
}

/// The objectives alone, as ranks(), crowding(), knee() and the indicators take them.
[[nodiscard]] inline std::vector<std::vector<double>> objectives_of(
    std::span<const individual> all) {
  std::vector<std::vector<double>> out;
  for (const individual& one : all) out.push_back(one.objectives);
  return out;
}

}  // namespace trilith::pareto

#endif
