#ifndef TRILITH_SEARCH_NSGA2_OPTIONS_HPP
#define TRILITH_SEARCH_NSGA2_OPTIONS_HPP

#include <trilith/search/ranking.hpp>
#include <trilith/train/callback.hpp>

#include <cstdint>

namespace trilith {

/// What is minimised: n numbers to M objectives and a violation. It is asked once for each genome.
using nsga2_objective = callback<pareto::evaluation(std::span<const double>)>;

struct nsga2_result {
  /// With ranks and crowding distances. Of a stopped search: the best of what was evaluated.
  std::vector<pareto::individual> population;
  std::size_t generations = 0;  ///< whole ones
  std::size_t evaluations = 0;
  bool is_stopped = false;

  /// The feasible ones that no other dominates, ascending in the first objective.
  [[nodiscard]] std::vector<pareto::individual> front() const { return pareto::front(population); }
};

enum class nsga2_moment : std::uint8_t { evaluation, generation };

/// What an observer hears. Views: valid during the call.
struct nsga2_event {
  nsga2_moment what = nsga2_moment::evaluation;
  std::size_t generation = 0;      ///< 0: the first population
  const pareto::individual& last;  ///< what was evaluated; rank and crowding are not set yet
  const nsga2_result& so_far;      ///< its population is that of the last whole generation
};

/// How NSGA-II searches.
///
///     tl::nsga2_options options{.low = {0, 0}, .high = {2, 2}, .generations = 40};
///     options.on_event = [&](const tl::nsga2_event& e) { show(e.so_far.evaluations); };
struct nsga2_options {
  std::vector<double> low, high;  ///< of each of the n numbers of a genome
  std::size_t population = 100;   ///< even, 4 or more
  std::size_t generations = 250;  ///< after the first population
  double crossover = 0.9;         ///< probability that two parents are crossed
  double crossover_share = 0.5;   ///< of the numbers of crossed parents
  double crossover_eta = 15;      ///< 0 or more: the larger, the nearer children are to parents
  double mutation = 0;            ///< probability for each number; 0: 1 / n
  double mutation_eta = 20;       ///< 0 or more: the larger, the smaller the changes
  /// Genomes of the first population, such as what is known to be good; the rest of it is random.
  std::vector<std::vector<double>> start = {};
  std::uint64_t seed = 1;

  callback<void(const nsga2_event&)> on_event = {};
  callback<bool()> stop = {};  ///< asked after each evaluation; true ends the search
};

}  // namespace trilith

#endif
