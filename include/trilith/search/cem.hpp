#ifndef TRILITH_SEARCH_CEM_HPP
#define TRILITH_SEARCH_CEM_HPP

#include <trilith/core/error.hpp>
#include <trilith/search/cem_options.hpp>

namespace trilith::TRILITH_IMPLEMENTED {
result<cem_result> search_by_cem(const cem_objective& objective, const cem_options& options,
                                 const cem_start& start);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// The cross-entropy method: draws vectors of K coefficients from a normal distribution and fits it
/// to the best of them, again and again.
///
///     a_i = clamp(mean + deviation * n_i, low, high)      n_i ~ N(0, 1), i = 1 ... population - 1
///     a_0 = the best vector so far, which keeps its score; the start's mean in iteration 0
///     mean <- (1 - s) mean_E + s mean,   deviation <- (1 - s) deviation_E + s deviation
///
/// mean_E, deviation_E (unbiased) are those of the elites E, the best floor(share * population) by
/// score and tie-breaker; s is the smoothing. Equal ones are taken in their order. Depends on the
/// seed alone: members are made and evaluated in order, in the calling thread, and an objective
/// that computes for long uses threads of its own.
///
/// @param objective  see cem_objective; maximised
/// @param start      K coefficients, such as even_start(K)
/// Errors: invalid_argument for options out of range. A stopped search is no error: its result
/// holds the best so far.
/// Cost: 1 + iterations * (population - 1) evaluations.
/// @see Rubinstein: "The cross-entropy method for combinatorial and continuous optimization", 1999,
///      and de Boer et al.: "A tutorial on the cross-entropy method", 2005. Mixing
///      experts by it: Sun et al.: "Transformer^2", arXiv 2501.06252, section 3.2.
///
///     const auto found = tl::cem([&](std::span<const double> a) -> tl::cem_score {
///       return {share_of_right_answers(a), mean_log_likelihood(a)};
///     }, {.iterations = 50}, tl::even_start(experts));
///     if (found) use(found->best);
[[nodiscard]] inline result<cem_result> cem(const cem_objective& objective,
                                            const cem_options& options, const cem_start& start) {
  return TRILITH_IMPLEMENTED::search_by_cem(objective, options, start);
}

}  // namespace trilith

#endif
