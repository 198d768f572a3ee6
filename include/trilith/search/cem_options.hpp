#ifndef TRILITH_SEARCH_CEM_OPTIONS_HPP
#define TRILITH_SEARCH_CEM_OPTIONS_HPP

#include <trilith/search/cem_reports.hpp>
#include <trilith/train/callback.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trilith {

/// What is maximised: K coefficients to a score, with a tie-breaker where scores take few values.
/// It is asked once for each vector, so it should answer the same when asked again.
using cem_objective = callback<cem_score(std::span<const double>)>;

/// How the cross-entropy method searches.
///
///     tl::cem_options options{.iterations = 30, .seed = 7};
///     options.stop = [&] { return asked_to_stop; };
struct cem_options {
  std::size_t population = 32;  ///< at least 2
  double elite_share = 0.2;     ///< in (0, 1]; floor(share * population) members, at least 2
  double low = 0, high = 1;     ///< of every coefficient
  std::size_t iterations = 100;
  double tolerance = 1e-3;  ///< ends when every deviation is below; 0: never
  /// The old mean's and deviation's share in the new ones, in [0, 1). With 0 the distribution
  /// narrows too early for three seeds in ten (docs/search.md).
  double smoothing = 0.5;
  std::uint64_t seed = 1;

  callback<void(const cem_event&)> on_event = {};
  callback<bool()> stop = {};  ///< asked after each evaluation; true ends the search
};

/// Where a search begins. What a search found is where another can go on:
/// `{found.mean, found.deviation}`.
struct cem_start {
  std::vector<double> mean;            ///< K numbers in [low, high]
  std::vector<double> deviation = {};  ///< K numbers, 0 or more; empty: (high - low) / 2 each
};

/// 1 / K for each of K coefficients: experts of equal weight.
[[nodiscard]] inline cem_start even_start(std::size_t coefficients) {
  return {std::vector<double>(coefficients, 1.0 / static_cast<double>(coefficients))};
}

}  // namespace trilith

#endif
