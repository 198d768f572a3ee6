#ifndef TRILITH_SEARCH_OFFSPRING_IMPL_HPP
#define TRILITH_SEARCH_OFFSPRING_IMPL_HPP

#include <trilith/search/nsga2_options.hpp>
#include <trilith/search/random_sequence.hpp>
#include <trilith/search/variation.hpp>
#include <trilith/train/permutation.hpp>

#include <utility>

/// Whole genomes: the first ones, parents and children.
namespace trilith::searches {

/// Keeps these random numbers apart from those that others draw with the same seed.
inline constexpr std::uint64_t nsga2_stream = 0x6E73'6761'0000'0000;

using genome = std::vector<double>;

TRILITH_EXACT_FLOAT inline genome random_genome(const nsga2_options& o, std::uint64_t member) {
  TRILITH_EXACT_FLOAT_BODY
  random_sequence draws(o.seed, nsga2_stream, member);
  genome out(o.low.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = clamp_to(o.low[i] + (o.high[i] - o.low[i]) * draws.uniform(), o.low[i], o.high[i]);
  return out;
}

/// Crosses a share of the numbers; which child gets the lower one is drawn.
inline void cross(genome& a, genome& b, const nsga2_options& o, random_sequence& draws) {
  if (!draws.happens(o.crossover)) return;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!draws.happens(o.crossover_share)) continue;
    const auto c =
        variation::cross(a[i], b[i], o.low[i], o.high[i], o.crossover_eta, draws.uniform());
    const std::size_t first = draws.happens(0.5) ? 1 : 0;
    a[i] = c[first], b[i] = c[1 - first];
  }
}

inline void mutate(genome& x, const nsga2_options& o, random_sequence& draws) {
  const double probability = o.mutation > 0 ? o.mutation : 1.0 / static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    if (draws.happens(probability))
      x[i] = variation::mutate(x[i], o.low[i], o.high[i], o.mutation_eta, draws.uniform());
}

/// Tournaments of one generation: the members in a random order, two by two, then in another one.
class tournaments {
 public:
  tournaments(const std::vector<pareto::individual>& population, std::uint64_t seed,
              std::uint64_t generation)
      : population_(population), seed_(seed), first_order_(generation << 16) {}

  [[nodiscard]] const genome& winner(std::uint64_t contest, bool prefers_first) const {
    return pareto::tournament(entrant(2 * contest), entrant(2 * contest + 1), prefers_first).genome;
  }

 private:
  [[nodiscard]] const pareto::individual& entrant(std::uint64_t place) const {
    const std::uint64_t n = population_.size();
    return population_[permuted(place % n, n, seed_, first_order_ + place / n)];
  }

  const std::vector<pareto::individual>& population_;
  std::uint64_t seed_, first_order_;
};

/// The two children of pair number `pair` of a generation.
[[nodiscard]] inline std::pair<genome, genome> children(const tournaments& contests,
                                                        const nsga2_options& o,
                                                        std::uint64_t generation,
                                                        std::uint64_t pair) {
  random_sequence draws(o.seed, nsga2_stream + generation, pair);
  genome a = contests.winner(2 * pair, draws.happens(0.5));
  genome b = contests.winner(2 * pair + 1, draws.happens(0.5));
  cross(a, b, o, draws);
  mutate(a, o, draws);
  mutate(b, o, draws);
  return {std::move(a), std::move(b)};
}

}  // namespace trilith::searches

#endif
