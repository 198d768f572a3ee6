#ifndef TRILITH_ADAPT_ADVANTAGES_HPP
#define TRILITH_ADAPT_ADVANTAGES_HPP

#include <trilith/core/numeric.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace trilith {

/// How much better each response was than the others to the same opening:
///
///     a_i = r_i - mean of r_j, j != i, of its group        then a / deviation of all a
///
/// The baseline does not contain r_i, so that the gradient stays unbiased; and it is subtracted
/// from the rewards as they are: to normalise first and to subtract a mean of raw rewards then, as
/// is sometimes done, mixes two scales.
///
/// @param group       responses to one opening, at least 2; rewards: a multiple of it
/// @param normalises  divides by the deviation; equal rewards have advantages of 0 in any case
/// @see Kool, van Hoof, Welling: "Buy 4 REINFORCE samples, get a baseline for free!", 2019.
[[nodiscard]] inline std::vector<float> advantages_of(std::span<const double> rewards,
                                                      std::size_t group, bool normalises) {
  std::vector<float> out(rewards.size());
  double squares = 0;
  for (std::size_t first = 0; first < rewards.size(); first += group) {
    double sum = 0;
    for (std::size_t i = 0; i < group; ++i) sum += rewards[first + i];
    for (std::size_t i = first; i < first + group; ++i) {
      const double a = rewards[i] - (sum - rewards[i]) / static_cast<double>(group - 1);
      out[i] = static_cast<float>(a);
      squares += a * a;
    }
  }
  const double deviation =
      __builtin_sqrt(squares / static_cast<double>(max_of<std::size_t>(rewards.size(), 1)));
  if (normalises && deviation > 0)
    for (float& a : out) a = static_cast<float>(static_cast<double>(a) / deviation);
  return out;
}

}  // namespace trilith

#endif
