// Experts of singular values: one number for each singular value of a matrix, trained by reward,
// each a file of a few kilobytes, and what becomes of them when the model is quantised again.

#include <trilith/adapt.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <filesystem>

#include "complain.hpp"
#include "expert_options.hpp"
#include "float_teller.hpp"
#include "interrupt.hpp"
#include "learning_curve.hpp"
#include "progress.hpp"
#include "tale_tasks.hpp"
#include "ternary_expert.hpp"

namespace tl = trilith;
using tale_tasks::task;

struct school {
  const expert_line& line;
  const shipped_teller& teller;
  std::int32_t bos;
  token_lists openings, held_out;
  const tl::svf_factors& factors;
  const tl::executor& threads;
  learning_curve& rewards;
};

/// Mean reward of both tasks on openings that nobody was trained with.
template <class Model>
std::array<double, 2> rewards_of(const Model& model, const school& s) {
  auto teller = tl::prompted<Model>::open(model, {&s.bos, 1}, 16, s.threads);
  const auto texts = teller->respond(s.held_out, {.tokens = s.line.tokens});
  std::array<double, 2> out{};
  for (const tl::trajectory& t : *texts)
    for (std::size_t k = 0; k < 2; ++k)
      out[k] +=
          tale_tasks::all[k].reward(t, s.teller.tokenizer) / static_cast<double>(texts->size());
  return out;
}

template <class Model>
void show(const char* name, const Model& model, const school& s) {
  const auto [speech, heroine] = rewards_of(model, s);
  std::printf("| %-36s | %6.3f | %6.3f |\n", name, speech, heroine);
  std::fflush(stdout);
}

/// The model with an expert: W' in place of W.
tl::result<float_teller> with_expert(const tl::svf_expert& expert, const school& s) {
  float_teller model = make_float_teller(s.teller);
  if (auto good = tl::apply_expert(expert, s.factors, model); !good) return std::move(good).error();
  return model;
}

// [train]
/// An expert for a task, by reward alone.
tl::result<tl::svf_expert> train_expert(const task& what, const school& s) {
  const expert_line& line = s.line;
  float_teller model = make_float_teller(s.teller);
  tl::training_pass pass(
      model, {.sequences = line.openings_a_step * line.responses, .length = line.tokens + 12},
      s.threads);
  auto learner = tl::make_svf_learner(pass, s.factors, tl::every_matrix{}, true, s.threads);
  if (!learner) return std::move(learner).error();
  progress_line bar(what.name);
  tl::reinforce_options options{.steps = line.steps,
                                .openings = line.openings_a_step,
                                .responses = line.responses,
                                .how = {.tokens = line.tokens}};
  options.optimiser.rate = line.rate;
  options.begins_with = {s.bos};
  options.seed = line.seed;
  options.threads = s.threads;
  const auto tell = [&](const tl::reinforce_step& r) {
    s.rewards.add(what.name, static_cast<double>(r.step), r.reward);
    bar(static_cast<double>(r.step) / static_cast<double>(r.steps),
        tl::join("reward ", static_cast<long>(100 * r.reward), " %"));
  };
  options.on_step = tell;
  options.stop = [] { return was_interrupted != 0; };
  tl::reinforcing<float_teller, tl::svf_learner<decltype(pass)>> coach(model, *learner, options);
  const auto reward = [&](const tl::trajectory& t) { return what.reward(t, s.teller.tokenizer); };
  if (auto done = coach.run(s.openings, reward); !done) return std::move(done).error();
  return learner->expert();
}
// [train]

/// A factor for every singular value alike.
tl::svf_expert uniform(const tl::svf_expert& like, float z) {
  tl::svf_expert out = like;
  for (auto& part : out.parts) part.z.assign(part.z.size(), z);
  return out;
}

// [quantised]
/// What is left of an expert when its weights become trits again, and what a few singular values
/// beside the trits keep of it.
tl::status quantise_again(const tl::svf_expert& expert, const school& s) {
  tl::svf_requantised all;
  tl::adapter beside;
  tl::for_each_hidden_matrix(s.teller.model, [&](const std::string& name, const auto& w, auto) {
    const tl::expert_part* const part = expert.find(name);
    const auto& values = s.factors.find(name)->values;
    all += tl::requantise_svf(w, values, expert.scaling(*part), s.line.rank);
    beside.parts.push_back({name, tl::svf_correction(values, expert.scaling(*part), s.line.rank)});
  });
  auto packed = tl::adaptable(tl::packed<shipped_blueprint>(s.teller.model));
  if (auto fits = tl::attach(packed, beside); !fits) return fits;
  show(tl::join("packed, and rank ", s.line.rank, " of it beside").c_str(), packed, s);
  auto model = with_expert(expert, s);
  if (!model) return std::move(model).error();
  auto again = tl::adopt<tl::latent<shipped_blueprint>>(*model).value();
  show("its weights quantised again", tl::pack(again), s);
  std::printf(
      "\nOf the change %.1f %% arrives in codes quantised anew, %.1f %% under kept scales, "
      "%.1f %% in rank %zu beside the trits.\n",
      100 * all.anew.transmitted_share(), 100 * all.kept_scales.transmitted_share(),
      100 * all.run_time.transmitted_share(), s.line.rank);
  return tl::done{};
}
// [quantised]

/// The expert in weights that are trits: a model like the shipped one, of the same size.
tl::status save_ternary(const tl::svf_expert& expert, const school& s) {
  const auto student = in_latent_weights(expert, s.factors, s.teller, s.line.seed);
  show("in latent weights, packed", tl::pack(student), s);
  const std::string path = s.line.run + "/model.safetensors";
  if (auto saved = save_teller(student, s.teller.tokenizer, path); !saved) return saved;
  if (auto drawn = s.rewards.draw(s.line.run + "/curve.svg"); !drawn) return drawn;
  std::printf("\nsaved %s; try tools/demo --model %s\n", path.c_str(), path.c_str());
  return tl::done{};
}

tl::status teach(const school& s) {
  std::printf("| rewards of                           | speech | heroine |\n|---|---|---|\n");
  show("the packed model", s.teller.model, s);
  show("its weights as floats", tl::pack(make_float_teller(s.teller)), s);
  std::vector<tl::svf_expert> experts;
  for (std::size_t k = 0; k < 2; ++k) {
    const task& what = tale_tasks::all[k];
    auto expert = train_expert(what, s);
    if (!expert) return std::move(expert).error();
    auto model = with_expert(*expert, s);
    if (!model) return std::move(model).error();
    show(tl::join("the expert of ", what.name).c_str(), tl::pack(*model), s);
    const std::string path = s.line.run + "/" + what.name + ".expert.safetensors";
    if (auto saved = tl::save_expert(path, *expert); !saved) return saved;
    experts.push_back(std::move(*expert));
  }
  for (const auto& [name, expert] : {std::pair{"the same, z shuffled", tl::shuffled(experts[1], 1)},
                                     std::pair{"z = 1.7 everywhere", uniform(experts[1], 1.7f)}}) {
    auto model = with_expert(expert, s);
    if (!model) return std::move(model).error();
    show(name, tl::pack(*model), s);
  }
  if (auto done = quantise_again(experts[1], s); !done) return done;
  if (auto done = save_ternary(experts[1], s); !done) return done;
  std::size_t rank_16 = 0;
  for (const tl::svf_matrix& m : s.factors.matrices)
    rank_16 += 16 * (m.values.out() + m.values.in());
  std::printf(
      "%zu numbers an expert, %.1f %% of the %zu of changes of rank 16\n", experts[0].parameters(),
      100 * static_cast<double>(experts[0].parameters()) / static_cast<double>(rank_16), rank_16);
  return tl::done{};
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_experts(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto teller = load_teller();
  if (!teller) return complain(teller.error());
  const std::int32_t bos = teller->tokenizer.encode("", {.bos = true}).value().front();
  auto openings = make_openings(teller->model, bos, line->openings, line->seed);
  auto held_out = make_openings(teller->model, bos, line->held_out, line->seed + 1);
  if (!openings || !held_out) return complain(openings ? held_out.error() : openings.error());
  std::filesystem::create_directories(line->run);
  // [factors]
  progress_line bar("singular values");
  const auto factors = tl::decompose_cached(line->run + "/factors.safetensors", teller->model,
                                            tl::every_matrix{}, bar);
  // [factors]
  if (!factors) return complain(factors.error());
  bar.clear();
  const interrupt_guard interrupts;
  const tl::thread_pool threads(line->threads);
  learning_curve rewards("experts by reward", "step", "mean reward of the step's responses");
  const auto done = teach({*line, *teller, bos, std::move(*openings), std::move(*held_out),
                           *factors, threads.get(), rewards});
  if (!done) return complain(done.error());
  return was_interrupted != 0 ? 130 : 0;
}
