#ifndef TRILITH_INFER_SAMPLER_HPP
#define TRILITH_INFER_SAMPLER_HPP

#include <trilith/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trilith {

/// How the next token is drawn from the logits l_i. In this order:
///
///     l_i = l_i > 0 ? l_i / repetition_penalty : l_i * repetition_penalty
///                                         for each token of the last repetition_window ones
///     w_i = exp((l_i - max l) / temperature)
///     the top_k largest stay; of these the fewest whose weights reach top_p of their sum;
///     of these the ones with w_i >= min_p
///     token i with probability w_i / sum of the weights that stayed
///
/// The largest always stays. Each field's default turns it off. Among equal logits the lower token
/// counts as the larger.
/// @see Keskar et al.: "CTRL", 2019 (penalty); Fan et al., 2018 (top-k); Holtzman et al., 2020
/// (top-p); Nguyen et al., 2024 (min-p).
struct sampling {
  float temperature = 0.0f;            ///< 0: greedy, the largest logit, nothing is drawn
  std::size_t top_k = 0;               ///< 0: every token
  float top_p = 1.0f;                  ///< in (0, 1]
  float min_p = 0.0f;                  ///< in [0, 1], relative to the most likely token
  float repetition_penalty = 1.0f;     ///< above 1 discourages repetition
  std::size_t repetition_window = 64;  ///< tokens; 0: none
  std::uint64_t seed = 0;
};

/// One token of a vocabulary and its logit.
struct candidate {
  float logit;
  std::int32_t token;
};

/// Working memory of sample(). It grows to the vocabulary's size and then stays.
struct sampler_scratch {
  std::vector<candidate> heap;
  std::vector<unsigned char> seen;  ///< one mark per token, all 0 between calls

  sampler_scratch() = default;
  explicit sampler_scratch(std::size_t vocabulary) : heap(vocabulary), seen(vocabulary) {}
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
status check_sampling(const sampling& how);
std::int32_t sample_token(std::span<float> logits, std::span<const std::int32_t> history,
                          const sampling& how, std::uint64_t sequence, std::uint64_t position,
                          sampler_scratch& scratch) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Error: invalid_argument, with a sentence, for a field outside its range or not a number.
[[nodiscard]] inline status check(const sampling& how) {
  return TRILITH_IMPLEMENTED::check_sampling(how);
}

/// The next token. It depends on the arguments alone: a counter-based generator supplies the one
/// random number for (seed, sequence, position), so neither threads nor batches nor earlier draws
/// change it.
///
/// logits: [V], at least one; the penalty is applied in place. NaN counts as minus infinity.
/// history: the tokens so far, the latest last. sequence: which of several texts, position: the
/// index of the token in it. `how` has passed check(). Nothing is allocated once `scratch` has the
/// vocabulary's size. O(V), plus O(log V) for each token that stays in the choice.
[[nodiscard]] inline std::int32_t sample(std::span<float> logits,
                                         std::span<const std::int32_t> history, const sampling& how,
                                         std::uint64_t sequence, std::uint64_t position,
                                         sampler_scratch& scratch) noexcept {
  return TRILITH_IMPLEMENTED::sample_token(logits, history, how, sequence, position, scratch);
}

}  // namespace trilith

#endif
