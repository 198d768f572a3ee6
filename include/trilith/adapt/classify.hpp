#ifndef TRILITH_ADAPT_CLASSIFY_HPP
#define TRILITH_ADAPT_CLASSIFY_HPP

#include <trilith/adapt/prompted.hpp>
#include <trilith/core/text.hpp>

namespace trilith::inline TRILITH_ABI {

/// How a model is asked which of K classes a text is of: by its next token.
struct class_question {
  std::vector<std::int32_t> words{};  ///< what stands between the text and the answer; may be none
  std::vector<std::int32_t> answers{};  ///< [K], the token that stands for each class
};

/// The text, the question, and the answer as the response: what a classifier is trained with.
///
///     tl::set_response(batch, row, begins_with, tl::asked(question, text, right));
///
/// @pre right < question.answers.size()
[[nodiscard]] inline trajectory asked(const class_question& question,
                                      std::span<const std::int32_t> text, std::size_t right) {
  trajectory t{{text.begin(), text.end()}, text.size() + question.words.size()};
  t.tokens.insert(t.tokens.end(), question.words.begin(), question.words.end());
  t.tokens.push_back(question.answers[right]);
  return t;
}

namespace detail {

[[nodiscard]] inline status expect_answers(const class_question& question, std::size_t vocab) {
  const auto& all = question.answers;
  if (all.size() < 2)
    return error{
        errc::invalid_argument,
        join("class_shares: expected the answers of at least 2 classes, found ", all.size(), ".")};
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k] < 0 || static_cast<std::size_t>(all[k]) >= vocab)
      return error{errc::invalid_argument, join("class_shares: answer ", k, ": expected one of ",
                                                vocab, " tokens, found ", all[k], ".")};
    for (std::size_t j = 0; j < k; ++j)
      if (all[j] == all[k])
        return error{errc::invalid_argument,
                     join("class_shares: expected another answer for each class, found ", all[k],
                          " for ", j, " and ", k, ".")};
  }
  return done{};
}

}  // namespace detail

/// What the model thinks of a text's class, [K], of sum 1:
///
///     p_k = p(answer_k | u, text, words) / sum_j p(answer_j | u, text, words)
///
/// Behind a prompt u that explains the classes, this is a choice by prompt; of a model that was
/// trained with such questions (an expert of which the classes are other experts), by a classifier.
///
///     const tl::class_question question{.words = colon, .answers = {speech, heroine}};
///     const auto shares = tl::class_shares(*model, question, text);
///     const auto best = std::max_element(shares->begin(), shares->end()) - shares->begin();
///
/// Errors: out_of_context; invalid_argument for fewer than two answers, one twice, or one that is
/// no token. Cost: a pass over the text.
/// @see Sun et al.: "Transformer^2", arXiv 2501.06252, section 3.2, methods A and B.
template <Runnable Model>
[[nodiscard]] result<std::vector<double>> class_shares(prompted<Model>& model,
                                                       const class_question& question,
                                                       std::span<const std::int32_t> text) {
  if (status good = detail::expect_answers(question, model.model().sizes.vocab); !good)
    return std::move(good).error();
  std::vector<double> shares;
  status read = model.score(asked(question, text, 0), [&](std::size_t, std::span<float> logits) {
    const auto of = [&](std::int32_t a) { return logits[static_cast<std::size_t>(a)]; };
    float top = of(question.answers[0]);
    for (const std::int32_t a : question.answers) top = max_of(top, of(a));
    for (const std::int32_t a : question.answers)
      shares.push_back(__builtin_exp(static_cast<double>(of(a) - top)));
  });
  if (!read) return std::move(read).error();
  double sum = 0;
  for (const double p : shares) sum += p;
  for (double& p : shares) p /= sum;
  return shares;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
