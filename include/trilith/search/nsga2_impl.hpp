#ifndef TRILITH_SEARCH_NSGA2_IMPL_HPP
#define TRILITH_SEARCH_NSGA2_IMPL_HPP

#include <trilith/search/decimals_impl.hpp>
#include <trilith/search/evolution_impl.hpp>
#include <trilith/search/nsga2.hpp>
#include <trilith/search/ranking_impl.hpp>

#include <cmath>
#include <string>
#include <string_view>

namespace trilith::searches {

[[nodiscard]] inline error wrong_nsga2(std::string_view what, std::string_view found) {
  return {errc::invalid_argument, join("nsga2: expected ", what, ", found ", found, ".")};
}

[[nodiscard]] inline status check_bounds(const nsga2_options& o) {
  if (o.low.empty()) return wrong_nsga2("bounds of at least one number", "none");
  if (o.low.size() != o.high.size())
    return wrong_nsga2(join("as many upper bounds as lower ones, ", o.low.size()),
                       std::to_string(o.high.size()));
  for (std::size_t i = 0; i < o.low.size(); ++i)
    if (!std::isfinite(o.low[i]) || !std::isfinite(o.high[i]) || !(o.low[i] < o.high[i]))
      return wrong_nsga2(join("low below high for number ", i),
                         join("[", decimals(o.low[i]), ", ", decimals(o.high[i]), "]"));
  return done{};
}

[[nodiscard]] inline status check_start(const nsga2_options& o) {
  for (const genome& g : o.start) {
    if (g.size() != o.low.size())
      return wrong_nsga2(join("genomes of ", o.low.size(), " numbers in start"),
                         std::to_string(g.size()));
    for (std::size_t i = 0; i < g.size(); ++i)
      if (!(g[i] >= o.low[i] && g[i] <= o.high[i]))
        return wrong_nsga2(join("number ", i, " of a genome in start between its bounds"),
                           decimals(g[i]));
  }
  return done{};
}

[[nodiscard]] inline status check(const nsga2_options& o) {
  if (o.population < 4 || o.population % 2 != 0)
    return wrong_nsga2("an even population of 4 or more", std::to_string(o.population));
  for (const double p : {o.crossover, o.crossover_share, o.mutation})
    if (!(p >= 0 && p <= 1)) return wrong_nsga2("probabilities of 0 to 1", decimals(p));
  for (const double eta : {o.crossover_eta, o.mutation_eta})
    if (!(eta >= 0 && std::isfinite(eta))) return wrong_nsga2("an eta of 0 or more", decimals(eta));
  if (status good = check_bounds(o); !good) return good;
  return check_start(o);
}

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

result<nsga2_result> search_by_nsga2(const nsga2_objective& objective,
                                     const nsga2_options& options) {
  if (!objective) return searches::wrong_nsga2("an objective", "none");
  if (status good = searches::check(options); !good) return std::move(good).error();
  return searches::evolution(objective, options).run();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
