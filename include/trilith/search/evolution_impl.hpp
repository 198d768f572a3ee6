#ifndef TRILITH_SEARCH_EVOLUTION_IMPL_HPP
#define TRILITH_SEARCH_EVOLUTION_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>
#include <trilith/search/offspring_impl.hpp>

#include <limits>
#include <set>

namespace trilith::searches {

/// One search of NSGA-II, from the first population to the last.
class evolution {
 public:
  evolution(const nsga2_objective& objective, const nsga2_options& options)
      : objective_(objective), o_(options) {}

  [[nodiscard]] result<nsga2_result> run() && {
    bool goes_on = evaluate(first_genomes(), 0);
    for (std::size_t t = 1; goes_on && t <= o_.generations; ++t) {
      goes_on = evaluate(next_genomes(t), t);
      found_.generations += goes_on;
    }
    if (!mismatch_.message.empty()) return std::move(mismatch_);
    return std::move(found_);
  }

 private:
  /// Pairs that are tried for each that is needed, before a generation stays smaller.
  static constexpr std::size_t patience = 100;

  [[nodiscard]] std::vector<genome> first_genomes() const {
    std::set<genome> seen;
    std::vector<genome> out;
    const auto add = [&](const genome& g) {
      if (out.size() < o_.population && seen.insert(g).second) out.push_back(g);
    };
    for (const genome& g : o_.start) add(g);
    for (std::uint64_t i = 0; i < patience * o_.population && out.size() < o_.population; ++i)
      add(random_genome(o_, i));
    return out;
  }

  [[nodiscard]] std::vector<genome> next_genomes(std::size_t t) const {
    const tournaments contests(found_.population, o_.seed, t);
    std::set<genome> seen;
    for (const pareto::individual& one : found_.population) seen.insert(one.genome);
    std::vector<genome> out;
    const auto add = [&](genome g) {
      if (out.size() < o_.population && seen.insert(g).second) out.push_back(std::move(g));
    };
    for (std::uint64_t p = 0; p < patience * o_.population && out.size() < o_.population; ++p) {
      auto [a, b] = children(contests, o_, t, p);
      add(std::move(a)), add(std::move(b));
    }
    return out;
  }

  /// Evaluates genomes until told to stop, and lets the best of them and of those before survive.
  [[nodiscard]] bool evaluate(std::vector<genome> genomes, std::size_t t) {
    std::vector<pareto::individual> all = found_.population;
    for (std::size_t i = 0; i < genomes.size() && !found_.is_stopped; ++i) {
      all.push_back(evaluated(std::move(genomes[i])));
      if (!is_expected(all.back())) return false;
      if (o_.on_event) o_.on_event({nsga2_moment::evaluation, t, all.back(), found_});
      found_.is_stopped = o_.stop && o_.stop();
    }
    const pareto::individual last = all.back();
    found_.population = pareto::survivors(std::move(all), o_.population);
    if (found_.is_stopped) return false;
    if (o_.on_event) o_.on_event({nsga2_moment::generation, t, last, found_});
    return true;
  }

  [[nodiscard]] pareto::individual evaluated(genome g) {
    pareto::evaluation answer = objective_(g);
    ++found_.evaluations;
    bool is_number = answer.violation == answer.violation;
    for (const double f : answer.objectives) is_number = is_number && f == f;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (!is_number) {
      answer.violation = infinity;
      answer.objectives.assign(answer.objectives.size(), infinity);
    }
    const double violation = max_of(0.0, answer.violation);
    return {std::move(g), std::move(answer.objectives), violation};
  }

  /// Whether an answer has as many objectives as the first.
  [[nodiscard]] bool is_expected(const pareto::individual& one) {
    const std::size_t m = one.objectives.size();
    if (found_.evaluations == 1) objectives_ = m;
    if (m == 0)
      mismatch_ = {errc::invalid_argument, "nsga2: expected at least one objective, found none."};
    else if (m != objectives_)
      mismatch_ = {errc::mismatch, join("nsga2: expected ", objectives_,
                                        " objectives, as in the first evaluation, found ", m, ".")};
    return mismatch_.message.empty();
  }

  const nsga2_objective& objective_;
  const nsga2_options& o_;
  nsga2_result found_;
  std::size_t objectives_ = 0;
  error mismatch_;
};

}  // namespace trilith::searches

#endif
