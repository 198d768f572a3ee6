#ifndef TRILITH_EXAMPLES_MIXTURE_SCHOOL_HPP
#define TRILITH_EXAMPLES_MIXTURE_SCHOOL_HPP

#include <trilith/adapt.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <vector>

#include "expert_options.hpp"
#include "float_teller.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "tale_tasks.hpp"

/// What the experts of 34_expert_mixture are taught from.
struct mixture_school {
  const mixture_line& line;
  const shipped_teller& teller;
  std::int32_t bos;
  std::vector<trilith::trajectory> told;    ///< what the model writes by itself
  std::vector<trilith::trajectory> others;  ///< the same, that nobody is taught with
  token_lists openings;                     ///< to judge mixtures by
  const trilith::svf_factors& factors;
  const trilith::executor& threads;

  [[nodiscard]] bool does(std::size_t task, const trilith::trajectory& t) const {
    return tale_tasks::all[task].reward(t, teller.tokenizer) > 0;
  }
};

// [supervised]
/// An expert that is shown what it should say, `steps` times some of it.
inline trilith::result<trilith::svf_expert> show_expert(
    const char* name, const std::vector<trilith::trajectory>& shown, std::size_t length,
    std::uint64_t steps, const mixture_school& s) {
  namespace tl = trilith;
  const expert_line& line = s.line.expert;
  float_teller model = make_float_teller(s.teller);
  const std::size_t rows = line.openings_a_step, n = shown.size();
  tl::training_pass pass(model, {.sequences = rows, .length = length}, s.threads);
  auto learner = tl::make_svf_learner(pass, s.factors, tl::every_matrix{}, true, s.threads);
  if (!learner) return std::move(learner).error();
  tl::parameters<tl::adamw> parameters({.rate = line.rate, .decay = 0}, *learner, line.threads);
  progress_line bar(name);
  tl::token_batch batch;
  batch.resize(rows, length);
  for (std::uint64_t step = 0; step < steps && was_interrupted == 0 && n != 0; ++step) {
    std::size_t targets = 0;
    for (std::size_t b = 0; b < rows; ++b) {
      const std::uint64_t g = step * rows + b;
      const tl::trajectory& t = shown[tl::permuted(g % n, n, line.seed, g / n)];
      tl::set_response(batch, b, {&s.bos, 1}, t);
      targets += t.response();
    }
    learner->requantize();
    learner->zero_gradients();
    learner->add_gradients(batch, 1.0f / static_cast<float>(targets));
    learner->finish_gradients();
    parameters.update({.step = step}, s.threads);
    bar(static_cast<double>(step) / static_cast<double>(steps));
  }
  return learner->expert();
}
// [supervised]

/// The model as an expert makes it, packed with its floats.
inline trilith::result<trilith::packed<float_blueprint>> packed_with(
    const trilith::svf_expert& expert, const mixture_school& s) {
  float_teller model = make_float_teller(s.teller);
  if (auto good = trilith::apply_expert(expert, s.factors, model); !good)
    return std::move(good).error();
  return trilith::pack(model);
}

#endif
