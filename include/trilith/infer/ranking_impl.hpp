#ifndef TRILITH_INFER_RANKING_IMPL_HPP
#define TRILITH_INFER_RANKING_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/infer/sampler.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace trilith::ranking {

inline constexpr float lowest_logit = -std::numeric_limits<float>::infinity();

[[nodiscard]] inline float number_or_lowest(float logit) noexcept {
  return logit == logit ? logit : lowest_logit;
}

/// The tokens in falling order of their logits, sorted only as far as they are asked for: a heap in
/// front, what was taken from it behind.
class ranking {
 public:
  ranking(std::span<const float> logits, float temperature, std::span<candidate> heap) noexcept
      : logits_(logits), heap_(heap), temperature_(temperature) {
    for (std::size_t i = 0; i < logits.size(); ++i)
      heap_[i] = {number_or_lowest(logits[i]), static_cast<std::int32_t>(i)};
    std::make_heap(heap_.begin(), heap_.end(), ranks_lower);
    top_ = heap_[0].logit;
  }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  [[nodiscard]] float top() const noexcept { return top_; }
  [[nodiscard]] std::int32_t token(std::size_t rank) noexcept { return at(rank).token; }
  [[nodiscard]] double weight(std::size_t rank) noexcept { return weight_of(at(rank).logit); }

  /// The weights of the `count` first, added as doubles so that a vocabulary's tail is not lost.
  [[nodiscard]] double sum(std::size_t count) noexcept {
    double total = 0.0;
    if (count == size())
      for (const float logit : logits_) total += weight_of(number_or_lowest(logit));
    else
      for (std::size_t rank = 0; rank < count; ++rank) total += weight(rank);
    return total;
  }

 private:
  [[nodiscard]] static bool ranks_lower(const candidate& a, const candidate& b) noexcept {
    return a.logit < b.logit || (a.logit == b.logit && a.token > b.token);
  }
  [[nodiscard]] double weight_of(float logit) const noexcept {
    return static_cast<double>(exponential((logit - top_) / temperature_));
  }
  [[nodiscard]] const candidate& at(std::size_t rank) noexcept {
    for (; taken_ <= rank; ++taken_)
      std::pop_heap(heap_.begin(), heap_.end() - static_cast<std::ptrdiff_t>(taken_), ranks_lower);
    return heap_[size() - 1 - rank];
  }

  std::span<const float> logits_;
  std::span<candidate> heap_;
  std::size_t taken_ = 0;
  float temperature_;
  float top_ = 0.0f;
};

/// How many of the ranked tokens stay in the choice, and the sum of their weights.
struct choice {
  std::size_t count;
  double sum;
};

[[nodiscard]] inline choice restrict_to(ranking& ranked, const sampling& how) noexcept {
  const std::size_t most = how.top_k == 0 ? ranked.size() : std::min(how.top_k, ranked.size());
  const double all = ranked.sum(most);
  if (how.top_p >= 1.0f && how.min_p <= 0.0f) return {most, all};
  const double enough = how.top_p < 1.0f ? static_cast<double>(how.top_p) * all
                                         : std::numeric_limits<double>::infinity();
  const auto least = static_cast<double>(how.min_p);
  choice kept{1, ranked.weight(0)};
  for (; kept.count < most && kept.sum < enough; ++kept.count) {
    const double next = ranked.weight(kept.count);
    if (next == 0.0 || next < least) break;
    kept.sum += next;
  }
  return kept;
}

/// The rank at which the running sum of weights passes u * sum; u in [0, 1).
[[nodiscard]] inline std::size_t drawn_rank(ranking& ranked, choice kept, float u) noexcept {
  const double target = static_cast<double>(u) * kept.sum;
  double passed = 0.0;
  std::size_t last = 0;  // of those with any weight
  for (std::size_t rank = 0; rank < kept.count; ++rank) {
    const double weight = ranked.weight(rank);
    if (weight == 0.0) break;
    passed += weight;
    last = rank;
    if (passed > target) break;
  }
  return last;
}

}  // namespace trilith::ranking

#endif
