#ifndef TRILITH_SEARCH_CEM_SEARCH_IMPL_HPP
#define TRILITH_SEARCH_CEM_SEARCH_IMPL_HPP

#include <trilith/search/cem.hpp>
#include <trilith/search/random_sequence.hpp>

#include <algorithm>
#include <utility>

namespace trilith::searches {

/// Keeps these random numbers apart from those that others draw with the same seed.
inline constexpr std::uint64_t cem_stream = 0x6365'6D00'0000'0000;

[[nodiscard]] inline std::size_t elites_of(const cem_options& o) {
  return static_cast<std::size_t>(o.elite_share * static_cast<double>(o.population));
}

/// One search, from its start to its result.
class cem_search {
 public:
  cem_search(const cem_objective& objective, const cem_options& options, const cem_start& start)
      : objective_(objective), o_(options) {
    found_.mean = start.mean;
    found_.deviation = start.deviation;
    if (start.deviation.empty()) found_.deviation.assign(width(), (o_.high - o_.low) / 2);
    members_.assign(o_.population, std::vector<double>(width()));
    scores_.resize(o_.population);
  }

  [[nodiscard]] cem_result run() && {
    for (std::size_t t = 0; t < o_.iterations; ++t) {
      if (!evaluate(t)) return std::move(found_);
      refit(elites());
      if (o_.on_event)
        o_.on_event({cem_moment::iteration, t, 0, found_.best, found_.best_score, found_});
      if (is_narrow()) {
        found_.ended = cem_end::tolerance;
        break;
      }
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::size_t width() const noexcept { return found_.mean.size(); }

  /// All members of an iteration; false where it was stopped.
  [[nodiscard]] bool evaluate(std::size_t t) {
    members_[0] = t == 0 ? found_.mean : found_.best;
    scores_[0] = found_.best_score;
    for (std::size_t i = t == 0 ? 0 : 1; i < o_.population; ++i) {
      if (i != 0) draw(t, i);
      scores_[i] = objective_(members_[i]);
      keep(i);
      if (o_.on_event) o_.on_event({cem_moment::evaluation, t, i, members_[i], scores_[i], found_});
      if (!o_.stop || !o_.stop()) continue;
      found_.ended = cem_end::stopped;
      return false;
    }
    return true;
  }

  TRILITH_EXACT_FLOAT void draw(std::size_t t, std::size_t i) {
    TRILITH_EXACT_FLOAT_BODY
    random_sequence draws(o_.seed, cem_stream + t, i);
    for (std::size_t k = 0; k < width(); ++k) {
      const double drawn = found_.mean[k] + found_.deviation[k] * draws.normal();
      members_[i][k] = clamp_to(drawn, o_.low, o_.high);
    }
  }

  void keep(std::size_t i) {
    if (found_.evaluations++ != 0 && !is_better(scores_[i], found_.best_score)) return;
    found_.best = members_[i];
    found_.best_score = scores_[i];
  }

  /// The best members, the first of equal ones first.
  [[nodiscard]] std::vector<std::size_t> elites() const {
    std::vector<std::size_t> order(o_.population);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return is_better(scores_[a], scores_[b]);
    });
    order.resize(elites_of(o_));
    return order;
  }

  TRILITH_EXACT_FLOAT void refit(const std::vector<std::size_t>& elites) {
    TRILITH_EXACT_FLOAT_BODY
    const auto n = static_cast<double>(elites.size());
    for (std::size_t k = 0; k < width(); ++k) {
      double mean = 0, squares = 0;
      for (const std::size_t i : elites) mean += members_[i][k] / n;
      for (const std::size_t i : elites)
        squares += (members_[i][k] - mean) * (members_[i][k] - mean) / (n - 1);
      blend(found_.mean[k], mean);
      blend(found_.deviation[k], double_math::square_root(squares));
    }
    record(elites);
  }

  TRILITH_EXACT_FLOAT void blend(double& old, double fresh) const {
    TRILITH_EXACT_FLOAT_BODY
    old = (1 - o_.smoothing) * fresh + o_.smoothing * old;
  }

  void record(const std::vector<std::size_t>& elites) {
    double sum = 0;
    for (const std::size_t i : elites) sum += scores_[i].score;
    found_.history.push_back({found_.best_score, sum / static_cast<double>(elites.size()),
                              found_.mean, found_.deviation});
  }

  [[nodiscard]] bool is_narrow() const {
    return std::all_of(found_.deviation.begin(), found_.deviation.end(),
                       [&](double d) { return d < o_.tolerance; });
  }

  const cem_objective& objective_;
  const cem_options& o_;
  cem_result found_;
  std::vector<std::vector<double>> members_;  // [population][K]
  std::vector<cem_score> scores_;
};

}  // namespace trilith::searches

#endif
