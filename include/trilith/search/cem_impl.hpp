#ifndef TRILITH_SEARCH_CEM_IMPL_HPP
#define TRILITH_SEARCH_CEM_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/search/cem_search_impl.hpp>
#include <trilith/search/decimals_impl.hpp>

#include <cmath>
#include <string>
#include <string_view>

namespace trilith::searches {

[[nodiscard]] inline error wrong_cem(std::string_view what, std::string_view found) {
  return {errc::invalid_argument, join("cem: expected ", what, ", found ", found, ".")};
}

[[nodiscard]] inline status check(const cem_options& o) {
  if (!std::isfinite(o.low) || !std::isfinite(o.high) || !(o.low < o.high))
    return wrong_cem("low below high", join("[", decimals(o.low), ", ", decimals(o.high), "]"));
  if (!(o.elite_share > 0 && o.elite_share <= 1))
    return wrong_cem("an elite_share above 0 and at most 1", decimals(o.elite_share));
  if (elites_of(o) < 2)  // one has no deviation
    return wrong_cem("an elite_share that makes at least 2 elites",
                     join(decimals(o.elite_share), " of ", o.population));
  if (!(o.smoothing >= 0 && o.smoothing < 1))
    return wrong_cem("a smoothing of 0 or more and below 1", decimals(o.smoothing));
  if (o.iterations == 0) return wrong_cem("at least one iteration", "none");
  return done{};
}

[[nodiscard]] inline status check(const cem_options& o, const cem_start& start) {
  if (start.mean.empty()) return wrong_cem("at least one coefficient in the start", "none");
  for (const double m : start.mean)
    if (!(m >= o.low && m <= o.high))
      return wrong_cem(join("a start between ", decimals(o.low), " and ", decimals(o.high)),
                       decimals(m));
  if (!start.deviation.empty() && start.deviation.size() != start.mean.size())
    return wrong_cem(join("a deviation for each of ", start.mean.size(), " coefficients"),
                     std::to_string(start.deviation.size()));
  for (const double d : start.deviation)
    if (!(d >= 0 && std::isfinite(d))) return wrong_cem("deviations of 0 or more", decimals(d));
  return done{};
}

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

result<cem_result> search_by_cem(const cem_objective& objective, const cem_options& options,
                                 const cem_start& start) {
  if (!objective) return searches::wrong_cem("an objective", "none");
  if (status good = searches::check(options); !good) return std::move(good).error();
  if (status good = searches::check(options, start); !good) return std::move(good).error();
  return searches::cem_search(objective, options, start).run();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
