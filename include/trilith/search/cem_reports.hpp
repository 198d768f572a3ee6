#ifndef TRILITH_SEARCH_CEM_REPORTS_HPP
#define TRILITH_SEARCH_CEM_REPORTS_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// What the cross-entropy method tells of its work.
namespace trilith {

/// How good a vector of coefficients is; more is better. NaN is worse than any number: the score of
/// a vector that could not be evaluated.
struct cem_score {
  double score = __builtin_nan("");
  double tie_breaker = 0;  ///< counts between equal scores alone

  constexpr cem_score() noexcept = default;
  constexpr cem_score(double s, double t = 0) noexcept : score(s), tie_breaker(t) {}
};

/// Whether a is better than b: by score, then by tie-breaker.
[[nodiscard]] constexpr bool is_better(const cem_score& a, const cem_score& b) noexcept {
  const auto above = [](double x, double y) { return x > y || (x == x && y != y); };
  if (above(a.score, b.score)) return true;
  return !above(b.score, a.score) && above(a.tie_breaker, b.tie_breaker);
}

enum class cem_end : std::uint8_t {
  iterations,  ///< all that were asked for
  tolerance,   ///< every deviation fell below it
  stopped,     ///< by options.stop
};
[[nodiscard]] constexpr std::string_view name_of(cem_end e) noexcept {
  return e == cem_end::iterations  ? "iterations"
         : e == cem_end::tolerance ? "tolerance"
                                   : "stopped";
}

/// One iteration, after it.
struct cem_iteration {
  cem_score best;          ///< of all evaluations up to here
  double elite_score = 0;  ///< mean of the elites
  std::vector<double> mean, deviation;
};

struct cem_result {
  std::vector<double> best;  ///< the best vector that was evaluated, also where it was stopped
  cem_score best_score;
  std::vector<double> mean, deviation;  ///< of the distribution after the last whole iteration
  std::vector<cem_iteration> history;   ///< of whole iterations
  std::size_t evaluations = 0;
  cem_end ended = cem_end::iterations;
};

enum class cem_moment : std::uint8_t { evaluation, iteration };

/// What an observer hears. Views: valid during the call.
struct cem_event {
  cem_moment what = cem_moment::evaluation;
  std::size_t iteration = 0, member = 0;  ///< from 0
  std::span<const double> coefficients;   ///< of the member
  cem_score score;                        ///< of the member
  const cem_result& so_far;               ///< `best` includes this evaluation
};

}  // namespace trilith

#endif
