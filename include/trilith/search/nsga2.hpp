#ifndef TRILITH_SEARCH_NSGA2_HPP
#define TRILITH_SEARCH_NSGA2_HPP

#include <trilith/core/error.hpp>
#include <trilith/search/nsga2_options.hpp>

namespace trilith::TRILITH_IMPLEMENTED {
result<nsga2_result> search_by_nsga2(const nsga2_objective& objective,
                                     const nsga2_options& options);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// NSGA-II: an elitist search for the front of M objectives, all of which are minimised.
///
///     P_0 = random                        N genomes, no two of them equal
///     Q_t = children of P_t               tournament, crossover, mutation: see variation::
///     P_t+1 = survivors(P_t and Q_t, N)   by rank, then by crowding distance
///
/// Each member of P_t is in two tournaments of two. A child that equals a member of P_t or another
/// child is made anew, by other parents. Depends on the seed alone: genomes are evaluated in order,
/// in the calling thread, and an objective that computes for long uses threads of its own.
///
/// @param objective  see nsga2_objective; it tells the objectives by their number in its first
///                   answer. A NaN is taken for a genome that could not be evaluated
/// Errors: invalid_argument for options out of range; mismatch for answers with other numbers of
/// objectives. A stopped search is no error: its result holds the best so far.
/// Cost: N (1 + generations) evaluations, and O(M N^2) for each generation.
/// @see Deb, Pratap, Agarwal, Meyarivan: "A fast and elitist multiobjective genetic algorithm:
///      NSGA-II", IEEE Transactions on Evolutionary Computation 6 (2), 2002.
///
///     const auto found = tl::nsga2([&](std::span<const double> a) -> tl::pareto::evaluation {
///       return {{-accuracy(a), milliseconds(a)}, std::max(0.0, divergence(a) - 0.1)};
///     }, {.low = {0, 0, 0}, .high = {2, 2, 2}});
///     if (found) for (const auto& one : found->front()) show(one.genome, one.objectives);
[[nodiscard]] inline result<nsga2_result> nsga2(const nsga2_objective& objective,
                                                const nsga2_options& options) {
  return TRILITH_IMPLEMENTED::search_by_nsga2(objective, options);
}

}  // namespace trilith

#endif
