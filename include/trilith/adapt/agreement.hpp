#ifndef TRILITH_ADAPT_AGREEMENT_HPP
#define TRILITH_ADAPT_AGREEMENT_HPP

#include <trilith/adapt/prompted.hpp>
#include <trilith/core/text.hpp>

namespace trilith::inline TRILITH_ABI {

/// How near one model is to another on some responses.
struct agreement {
  double divergence = 0;     ///< mean of KL(teacher || student) over the tokens, nats
  double determination = 0;  ///< r^2 of the log-likelihoods of the responses, at most 1
  std::uint64_t tokens = 0;
  std::uint64_t same_top = 0;  ///< tokens whose likeliest one is the same
};

namespace detail {

/// log softmax(x) in place, in double inside; returns the index of the highest.
inline std::size_t log_softmax(std::span<float> x) noexcept {
  std::size_t top = 0;
  for (std::size_t i = 1; i < x.size(); ++i)
    if (x[i] > x[top]) top = i;
  const auto high = static_cast<double>(x[top]);
  double sum = 0;
  for (const float v : x) sum += __builtin_exp(static_cast<double>(v) - high);
  const double log_sum = high + __builtin_log(sum);
  for (float& v : x) v = static_cast<float>(static_cast<double>(v) - log_sum);
  return top;
}

/// KL(softmax || softmax) of two rows of log-probabilities.
[[nodiscard]] inline double divergence_of(std::span<const float> p,
                                          std::span<const float> q) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i)
    sum += __builtin_exp(static_cast<double>(p[i])) *
           (static_cast<double>(p[i]) - static_cast<double>(q[i]));
  return sum;
}

/// r^2 = 1 - sum (x - y)^2 / sum (x - mean x)^2: y as a prediction of x, not a line fitted to it.
[[nodiscard]] inline double determination_of(std::span<const double> x,
                                             std::span<const double> y) noexcept {
  double mean = 0, left = 0, all = 0;
  for (const double v : x) mean += v / static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    left += (x[i] - y[i]) * (x[i] - y[i]);
    all += (x[i] - mean) * (x[i] - mean);
  }
  return all > 0 ? 1 - left / all : left > 0 ? 0 : 1;
}

}  // namespace detail

/// Compares what two models, each behind its own prompt, say of the same responses. A bake is good
/// where the student without the prompt agrees with the teacher that has it, on openings that it
/// was not trained on.
///
/// Errors: out_of_context; mismatch for other vocabularies. Cost: both models' passes.
/// @see "Prompt Baking", arXiv 2409.13697, section 3 (r^2 of trajectory log-likelihoods).
template <class Teacher, class Student>
[[nodiscard]] result<agreement> compare(prompted<Teacher>& teacher, prompted<Student>& student,
                                        std::span<const trajectory> responses) {
  const std::size_t vocab = teacher.model().sizes.vocab;
  if (vocab != student.model().sizes.vocab)
    return error{errc::mismatch,
                 join("compare: the teacher has a vocabulary of ", vocab,
                      " tokens, the student of ", student.model().sizes.vocab, ".")};
  agreement out;
  std::vector<double> likely[2];
  std::vector<float> scores;
  std::vector<std::size_t> tops;
  for (const trajectory& t : responses) {
    likely[0].push_back(0), likely[1].push_back(0);
    scores.clear(), tops.clear();
    status done = teacher.score(t, [&](std::size_t i, std::span<float> logits) {
      tops.push_back(detail::log_softmax(logits));
      scores.insert(scores.end(), logits.begin(), logits.end());
      const auto next = static_cast<std::size_t>(t.tokens[t.opening + i]);
      likely[0].back() += static_cast<double>(logits[next]);
    });
    if (!done) return std::move(done).error();
    done = student.score(t, [&](std::size_t i, std::span<float> logits) {
      out.same_top += detail::log_softmax(logits) == tops[i];
      out.divergence += detail::divergence_of({scores.data() + i * vocab, vocab}, logits);
      const auto next = static_cast<std::size_t>(t.tokens[t.opening + i]);
      likely[1].back() += static_cast<double>(logits[next]);
    });
    if (!done) return std::move(done).error();
    out.tokens += t.response();
  }
  if (out.tokens != 0) out.divergence /= static_cast<double>(out.tokens);
  out.determination = detail::determination_of(likely[0], likely[1]);
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
