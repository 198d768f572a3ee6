#ifndef TRILITH_SEARCH_VARIATION_HPP
#define TRILITH_SEARCH_VARIATION_HPP

#include <trilith/search/search_math.hpp>

#include <array>

/// How two parents make two children, number by number.
namespace trilith::inline TRILITH_ABI::variation {

/// The spread factor of a child for which u is drawn, with a bound beta_max >= 1 for what fits into
/// the range:
///
///     a = 2 - beta_max^-(eta + 1)
///     beta = (u a)^(1 / (eta + 1))            for u <= 1 / a
///          = (1 / (2 - u a))^(1 / (eta + 1))  above
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double spread(double u, double beta_max,
                                                          double eta) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const double a = 2 - search_math::power(beta_max, -(eta + 1));
  const double base = u * a <= 1 ? u * a : 1 / (2 - u * a);
  return search_math::power(base, 1 / (eta + 1));
}

/// Simulated binary crossover of one number, y1 < y2:
///
///     c1 = ((y1 + y2) - beta1 (y2 - y1)) / 2    beta1 = spread(u, 1 + 2 (y1 - low) / (y2 - y1))
///     c2 = ((y1 + y2) + beta2 (y2 - y1)) / 2    beta2 = spread(u, 1 + 2 (high - y2) / (y2 - y1))
///
/// beta1 = beta2 where the parents are as far from one bound as from the other, or both bounds are
/// far: then c1 + c2 = y1 + y2. Parents nearer than 1e-14 stay.
///
/// @param u    in (0, 1)
/// @param eta  0 or more; the larger, the nearer children are to their parents
/// @return the lower child and the upper one, in [low, high]
/// @see Deb, Agrawal: "Simulated binary crossover for continuous search space", 1995; the bounds:
///      Deb, Kumar, 1995.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr std::array<double, 2> cross(double one, double other,
                                                                        double low, double high,
                                                                        double eta,
                                                                        double u) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const double y1 = min_of(one, other), y2 = max_of(one, other), apart = y2 - y1;
  if (!(apart >= 1e-14)) return {y1, y2};
  const double beta1 = spread(u, 1 + 2 * (y1 - low) / apart, eta);
  const double beta2 = spread(u, 1 + 2 * (high - y2) / apart, eta);
  const double c1 = 0.5 * ((y1 + y2) - beta1 * apart), c2 = 0.5 * ((y1 + y2) + beta2 * apart);
  return {clamp_to(c1, low, high), clamp_to(c2, low, high)};
}

/// Polynomial mutation of one number: x + d (high - low), with e = eta + 1 and
///
///     d = (2u + (1 - 2u) (1 - d1)^e)^(1/e) - 1              d1 = (x - low) / (high - low)    u <=
///     1/2 d = 1 - (2 (1 - u) + 2 (u - 1/2) (1 - d2)^e)^(1/e)    d2 = (high - x) / (high - low)   u
///     > 1/2
///
/// @param u    in (0, 1): 1/2 changes nothing, 0 leads to low and 1 to high
/// @param eta  0 or more; the larger, the smaller the changes
/// @return a number in [low, high]
/// @see Deb, Goyal: "A combined genetic adaptive search (GeneAS) for engineering design", 1996; the
///      bounds: Deb, Deb: "Analysing mutation schemes for real-parameter genetic algorithms", 2014.
[[nodiscard]] TRILITH_EXACT_FLOAT constexpr double mutate(double x, double low, double high,
                                                          double eta, double u) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const double range = high - low, e = eta + 1;
  const bool is_down = u <= 0.5;
  const double tail = is_down ? u : 1 - u;  // 2 (u - 1/2) = 1 - 2 (1 - u): both are one formula
  const double room = search_math::power(1 - (is_down ? x - low : high - x) / range, e);
  const double step = 1 - search_math::power(2 * tail + (1 - 2 * tail) * room, 1 / e);
  return clamp_to(is_down ? x - step * range : x + step * range, low, high);
}

}  // namespace trilith::inline TRILITH_ABI::variation

#endif
