#ifndef TRILITH_SEARCH_INDIVIDUAL_HPP
#define TRILITH_SEARCH_INDIVIDUAL_HPP

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

/// Fronts of several objectives, all of which are minimised.
namespace trilith::pareto {

/// What an objective answers. A NaN among the numbers makes the violation infinite: worse than all.
struct evaluation {
  std::vector<double> objectives;  ///< M, minimised; a maximised one is negated
  double violation = 0;            ///< how far constraints are missed, summed; 0: feasible

  evaluation() = default;
  evaluation(std::vector<double> f, double v = 0) : objectives(std::move(f)), violation(v) {}
};

/// A member of a population.
struct individual {
  std::vector<double> genome;
  std::vector<double> objectives = {};
  double violation = 0;
  std::size_t rank = 0;  ///< of its front among the population: 0 is not dominated
  double crowding = 0;   ///< see crowding(); infinite at the ends of a front

  [[nodiscard]] bool is_feasible() const noexcept { return violation <= 0; }
};

/// Pareto domination: a_m <= b_m for all m, and a_m < b_m for one.
[[nodiscard]] constexpr bool dominates(std::span<const double> a,
                                       std::span<const double> b) noexcept {
  bool is_less = false;
  for (std::size_t m = 0; m < a.size(); ++m) {
    if (!(a[m] <= b[m])) return false;
    is_less = is_less || a[m] < b[m];
  }
  return is_less;
}

/// Constraint-domination: the smaller violation dominates, so that what is feasible dominates what
/// is not; at equal violations, domination of the objectives.
/// @see Deb et al. 2002, section VI.
[[nodiscard]] constexpr bool dominates(std::span<const double> a, double violation_a,
                                       std::span<const double> b, double violation_b) noexcept {
  return violation_a != violation_b ? violation_a < violation_b : dominates(a, b);
}
[[nodiscard]] inline bool dominates(const individual& a, const individual& b) noexcept {
  return dominates(a.objectives, a.violation, b.objectives, b.violation);
}

/// Whether a is ahead of b in a tournament: the lower rank, then the larger crowding distance.
/// @see Deb et al. 2002, section III-B (the crowded-comparison operator).
[[nodiscard]] inline bool is_ahead(const individual& a, const individual& b) noexcept {
  return a.rank != b.rank ? a.rank < b.rank : a.crowding > b.crowding;
}
/// The winner of a binary tournament. Where neither is ahead, `prefers_first` says who.
[[nodiscard]] inline const individual& tournament(const individual& a, const individual& b,
                                                  bool prefers_first) noexcept {
  if (is_ahead(a, b)) return a;
  return is_ahead(b, a) || !prefers_first ? b : a;
}

}  // namespace trilith::pareto

#endif
