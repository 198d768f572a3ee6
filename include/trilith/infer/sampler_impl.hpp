#ifndef TRILITH_INFER_SAMPLER_IMPL_HPP
#define TRILITH_INFER_SAMPLER_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/text.hpp>
#include <trilith/infer/ranking_impl.hpp>
#include <trilith/infer/sampler.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace trilith::ranking {

/// The first largest logit; 0 where none is above minus infinity.
[[nodiscard]] inline std::int32_t first_largest(std::span<const float> logits) noexcept {
  std::size_t best = 0;
  float top = lowest_logit;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] > top)) continue;  // false for NaN
    top = logits[i];
    best = i;
  }
  return static_cast<std::int32_t>(best);
}

/// Each token of the window is penalised once, however often it occurs.
inline void penalise(std::span<float> logits, std::span<const std::int32_t> history,
                     const sampling& how, std::vector<unsigned char>& seen) noexcept {
  const auto window = history.last(std::min(history.size(), how.repetition_window));
  for (const std::int32_t token : window) {
    if (token < 0 || static_cast<std::size_t>(token) >= logits.size()) continue;
    const auto i = static_cast<std::size_t>(token);
    const float p = how.repetition_penalty;
    if (seen[i] == 0) logits[i] = logits[i] > 0.0f ? logits[i] / p : logits[i] * p;
    seen[i] = 1;
  }
  for (const std::int32_t token : window)
    if (token >= 0 && static_cast<std::size_t>(token) < logits.size())
      seen[static_cast<std::size_t>(token)] = 0;
}

[[nodiscard]] inline std::int32_t draw(std::span<const float> logits, const sampling& how, float u,
                                       std::span<candidate> heap) noexcept {
  ranking ranked(logits, how.temperature, heap);
  if (!is_finite(ranked.top())) return first_largest(logits);
  return ranked.token(drawn_rank(ranked, restrict_to(ranked, how), u));
}

/// An error unless low <= value <= high (low < value where `open`); false for NaN.
[[nodiscard]] inline status in_range(std::string_view field, float value, float low, float high,
                                     bool open = false) {
  if ((open ? value > low : value >= low) && value <= high) return done{};
  return error{errc::invalid_argument,
               join("sampling::", field, " is ", value, "; expected a number ",
                    open ? "above " : "from ", low, open ? " and up to " : " to ", high, ".")};
}

}  // namespace trilith::ranking

namespace trilith::TRILITH_IMPLEMENTED {

status check_sampling(const sampling& how) {
  using ranking::in_range;
  if (status s = in_range("temperature", how.temperature, 0.0f, 1000.0f); !s) return s;
  if (status s = in_range("top_p", how.top_p, 0.0f, 1.0f, true); !s) return s;
  if (status s = in_range("min_p", how.min_p, 0.0f, 1.0f); !s) return s;
  return in_range("repetition_penalty", how.repetition_penalty, 0.0f, 1000.0f, true);
}

std::int32_t sample_token(std::span<float> logits, std::span<const std::int32_t> history,
                          const sampling& how, std::uint64_t sequence, std::uint64_t position,
                          sampler_scratch& scratch) noexcept {
  TRILITH_PRECONDITION(!logits.empty(), "sample() was given no logits.");
  if (scratch.heap.size() < logits.size()) scratch = sampler_scratch(logits.size());
  if (how.repetition_penalty != 1.0f) ranking::penalise(logits, history, how, scratch.seen);
  if (!(how.temperature > 0.0f)) return ranking::first_largest(logits);
  const float u = uniform(how.seed, sequence, position);
  return ranking::draw(logits, how, u, std::span(scratch.heap).first(logits.size()));
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
