#ifndef TRILITH_EXAMPLES_EXPERT_CHOICE_HPP
#define TRILITH_EXAMPLES_EXPERT_CHOICE_HPP

#include <trilith/infer/perplexity.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

#include "mixture_school.hpp"

/// Which expert a tale calls for, told in three ways from the tale alone.
namespace expert_choice {

namespace tl = trilith;
using packed_floats = tl::packed<float_blueprint>;
constexpr std::size_t tasks = tale_tasks::all.size();

/// A tale that does one thing alone, and which.
struct labelled {
  tl::trajectory tale;
  std::size_t right;
};

/// As many of each kind, in turn.
inline std::vector<labelled> tales_of_one_thing(std::span<const tl::trajectory> tales,
                                                const mixture_school& s) {
  std::array<std::vector<labelled>, tasks> of;
  for (const tl::trajectory& t : tales) {
    std::size_t things = 0, which = 0;
    for (std::size_t k = 0; k < tasks; ++k)
      if (s.does(k, t)) ++things, which = k;
    if (things == 1) of[which].push_back({t, which});
  }
  std::size_t most = tales.size();
  for (const auto& some : of) most = std::min(most, some.size());
  std::vector<labelled> all;
  for (std::size_t i = 0; i < most; ++i)
    for (const auto& some : of) all.push_back(some[i]);
  return all;
}

/// "... A tale of": talk, her or breath.
inline tl::class_question question_of(const mixture_school& s) {
  const auto token = [&](const char* word) {
    return s.teller.tokenizer.encode(word, {}).value().back();
  };
  return {.words = s.teller.tokenizer.encode("\n\nA tale of", {}).value(),
          .answers = {token("said"), token("she"), token("and")}};
}

// [classifier]
/// The expert z^c whose answer to the question is the name of another expert.
inline tl::result<tl::svf_expert> train_classifier(std::span<const labelled> tales,
                                                   const mixture_school& s) {
  const tl::class_question question = question_of(s);
  std::vector<tl::trajectory> shown;
  for (const labelled& t : tales) shown.push_back(tl::asked(question, t.tale.tokens, t.right));
  const std::size_t longest = s.line.expert.tokens + 11 + question.words.size() + 1;
  return show_expert("classifier", shown, longest, s.line.classifier_steps, s);
}
// [classifier]

/// [right][chosen]
struct confusion {
  std::array<std::array<int, tasks>, tasks> of{};

  [[nodiscard]] double correct() const {
    int right = 0, all = 0;
    for (std::size_t k = 0; k < tasks; ++k)
      for (std::size_t j = 0; j < tasks; ++j) all += of[k][j], right += k == j ? of[k][j] : 0;
    return all == 0 ? 0 : 100.0 * right / all;
  }
};

/// By the answer of a model, behind a prompt or none.
template <class Model>
tl::result<confusion> by_answer(const Model& model, std::span<const std::int32_t> prompt,
                                std::span<const labelled> tales, const mixture_school& s) {
  auto asked = tl::prompted<Model>::open(model, prompt, 1, s.threads);
  if (!asked) return std::move(asked).error();
  const tl::class_question question = question_of(s);
  confusion out;
  for (const labelled& t : tales) {
    const auto shares = tl::class_shares(*asked, question, t.tale.tokens);
    if (!shares) return shares.error();
    const auto best = std::max_element(shares->begin(), shares->end()) - shares->begin();
    ++out.of[t.right][static_cast<std::size_t>(best)];
  }
  return out;
}

/// By which expert finds the tale's response the likeliest: no training, but as many passes as
/// experts.
inline tl::result<confusion> by_likelihood(std::span<const tl::svf_expert> experts,
                                           std::span<const labelled> tales,
                                           const mixture_school& s) {
  std::vector<std::array<double, tasks>> surprise(tales.size());
  for (std::size_t j = 0; j < tasks; ++j) {
    const auto model = packed_with(experts[j], s);
    if (!model) return model.error();
    auto reader = tl::prompted<packed_floats>::open(*model, {&s.bos, 1}, 1, s.threads);
    if (!reader) return std::move(reader).error();
    for (std::size_t n = 0; n < tales.size(); ++n) {
      const tl::trajectory& t = tales[n].tale;
      auto read = reader->score(t, [&](std::size_t i, std::span<const float> logits) {
        surprise[n][j] += tl::surprise_of(logits, t.tokens[t.opening + i]);
      });
      if (!read) return std::move(read).error();
    }
  }
  confusion out;
  for (std::size_t n = 0; n < tales.size(); ++n) {
    const auto least = std::min_element(surprise[n].begin(), surprise[n].end());
    ++out.of[tales[n].right][static_cast<std::size_t>(least - surprise[n].begin())];
  }
  return out;
}

inline void show(const char* how, const confusion& c) {
  std::printf("| %-20s | %5.1f |", how, c.correct());
  for (const auto& row : c.of) std::printf(" %3d %3d %3d |", row[0], row[1], row[2]);
  std::printf("\n");
  std::fflush(stdout);
}

/// A table of the three ways, on tales that nobody was taught with.
inline tl::status compare_choices(std::span<const tl::svf_expert> experts,
                                  const mixture_school& s) {
  const auto known = tales_of_one_thing(s.told, s), others = tales_of_one_thing(s.others, s);
  const auto classifier = train_classifier(known, s);
  if (!classifier) return classifier.error();
  const auto model = packed_with(*classifier, s);
  if (!model) return model.error();
  std::printf(
      "\n%zu tales that do one thing alone; for each thing, the expert that is chosen\n\n"
      "| chosen               | right, %% | speech | heroine | breath |\n|---|---|---|---|---|\n",
      others.size());
  const auto prompted = by_answer(s.teller.model, {&s.bos, 1}, others, s);
  if (!prompted) return prompted.error();
  show("by prompt", *prompted);
  const auto likely = by_likelihood(experts, others, s);
  if (!likely) return likely.error();
  show("by likelihood", *likely);
  const auto classified = by_answer(*model, {&s.bos, 1}, others, s);
  if (!classified) return classified.error();
  show("by the classifier", *classified);
  return tl::done{};
}

}  // namespace expert_choice

#endif
