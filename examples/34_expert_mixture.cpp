// Mixtures of experts of singular values: three experts of one thing each, and the coefficients
// that do two of these things at once. One figure is searched by the cross-entropy method, three at
// once by NSGA-II. Which expert a tale calls for is told from its beginning alone.

#include <trilith/adapt.hpp>
#include <trilith/infer/perplexity.hpp>
#include <trilith/search.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "complain.hpp"
#include "expert_options.hpp"
#include "float_teller.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "tale_tasks.hpp"

namespace tl = trilith;
using packed_floats = tl::packed<float_blueprint>;
constexpr std::size_t tasks = tale_tasks::all.size();

struct school {
  const mixture_line& line;
  const shipped_teller& teller;
  std::int32_t bos;
  std::vector<tl::trajectory> told;  ///< what the model writes by itself
  token_lists openings;              ///< to judge by
  const tl::svf_factors& factors;
  const tl::executor& threads;

  [[nodiscard]] bool does(std::size_t task, const tl::trajectory& t) const {
    return tale_tasks::all[task].reward(t, teller.tokenizer) > 0;
  }
};

// [supervised]
/// An expert that is shown what it should do: those of the model's own tales that happen to do it.
tl::result<tl::svf_expert> train_expert(std::size_t task, const school& s) {
  const expert_line& line = s.line.expert;
  std::vector<tl::trajectory> good;
  for (const tl::trajectory& t : s.told)
    if (s.does(task, t)) good.push_back(t);
  float_teller model = make_float_teller(s.teller);
  const std::size_t rows = line.openings_a_step, length = line.tokens + 11;
  tl::training_pass pass(model, {.sequences = rows, .length = length}, s.threads);
  auto learner = tl::make_svf_learner(pass, s.factors, tl::every_matrix{}, true, s.threads);
  if (!learner) return std::move(learner).error();
  tl::parameters<tl::adamw> parameters({.rate = line.rate, .decay = 0}, *learner, line.threads);
  progress_line bar(tale_tasks::all[task].name);
  tl::token_batch batch;
  for (std::uint64_t step = 0; step < line.steps && was_interrupted == 0 && !good.empty(); ++step) {
    batch.resize(rows, length);
    for (std::size_t b = 0; b < rows; ++b) {
      std::vector<std::int32_t> tokens{s.bos}, targets(length, tl::not_a_target);
      const std::uint64_t g = step * rows + b, n = good.size();
      const tl::trajectory& t = good[tl::permuted(g % n, n, line.seed, g / n)];
      tokens.insert(tokens.end(), t.tokens.begin(), t.tokens.end());
      for (std::size_t i = t.opening; i < t.tokens.size(); ++i) targets[i] = t.tokens[i];
      tokens.resize(length);
      batch.set(b, tokens, targets);
    }
    learner->requantize();
    learner->zero_gradients();
    learner->add_gradients(batch, 1.0f / static_cast<float>(rows * line.tokens));
    learner->finish_gradients();
    parameters.update({.step = step}, s.threads);
    bar(static_cast<double>(step) / static_cast<double>(line.steps));
  }
  return learner->expert();
}
// [supervised]

/// What a mixture does: the share of tales in which somebody speaks and that are of a heroine, each
/// thing's own share, and how far it is from the model.
struct figures {
  double both = 0, divergence = 0;
  std::array<double, tasks> each{};
};

// [evaluate]
tl::result<figures> evaluate(std::span<const tl::svf_expert> experts, std::span<const double> a,
                             const school& s) {
  const auto mixed = tl::mix_experts(s.factors, experts, a);
  if (!mixed) return mixed.error();
  float_teller model = make_float_teller(s.teller);
  if (auto good = tl::apply_expert(*mixed, s.factors, model); !good) return std::move(good).error();
  const packed_floats policy = tl::pack(model);
  auto teller = tl::prompted<packed_floats>::open(policy, {&s.bos, 1}, 16, s.threads);
  if (!teller) return std::move(teller).error();
  const auto texts = teller->respond(s.openings, {.tokens = s.line.expert.tokens});
  if (!texts) return texts.error();
  figures out;
  const auto share = 1 / static_cast<double>(texts->size());
  for (const tl::trajectory& t : *texts) {
    out.both += s.does(0, t) && s.does(1, t) ? share : 0;
    for (std::size_t k = 0; k < tasks; ++k) out.each[k] += s.does(k, t) ? share : 0;
  }
  auto base =
      tl::prompted<tl::packed<shipped_blueprint>>::open(s.teller.model, {&s.bos, 1}, 1, s.threads);
  const std::span<const tl::trajectory> some(s.told.data(),
                                             std::min<std::size_t>(16, s.told.size()));
  const auto found = tl::compare(*base, *teller, some);
  if (!found) return found.error();
  out.divergence = found->divergence;
  return out;
}
// [evaluate]

void show(const char* name, std::span<const double> a, const figures& f) {
  std::printf("| %-18s | %5.2f %5.2f %5.2f | %5.1f | %5.1f %5.1f %5.1f | %.4f |\n", name, a[0],
              a[1], a[2], 100 * f.both, 100 * f.each[0], 100 * f.each[1], 100 * f.each[2],
              f.divergence);
  std::fflush(stdout);
}

// [cem]
/// As many tales of both kinds as possible; among equals, the mixture nearest to the model.
tl::status search_one(std::span<const tl::svf_expert> experts, const school& s) {
  progress_line bar("cross-entropy method");
  const std::size_t all = s.line.population * s.line.iterations;
  std::size_t asked = 0;
  const auto score = [&](std::span<const double> a) -> tl::cem_score {
    bar(static_cast<double>(asked++) / static_cast<double>(all));
    const auto found = evaluate(experts, a, s);
    if (!found) return {};
    return {found->both, -found->divergence};
  };
  tl::cem_options options{
      .population = s.line.population, .high = 1.5, .iterations = s.line.iterations};
  options.stop = [] { return was_interrupted != 0; };
  const auto found = tl::cem(score, options, tl::even_start(tasks));
  bar.clear();
  if (!found) return found.error();
  const auto best = evaluate(experts, found->best, s);
  if (!best) return best.error();
  show("CEM", found->best, *best);
  return tl::done{};
}
// [cem]

// [nsga2]
/// Both kinds, distance, and how many experts take part, of which none is to be more than the
/// others are worth; what is farther than the bound counts as no answer.
tl::status search_front(std::span<const tl::svf_expert> experts, const school& s) {
  progress_line bar("NSGA-II");
  const std::size_t all = s.line.population * (s.line.generations + 1);
  std::size_t asked = 0;
  constexpr double farthest = 0.3;
  const auto score = [&](std::span<const double> a) -> tl::pareto::evaluation {
    bar(static_cast<double>(asked++) / static_cast<double>(all));
    const auto found = evaluate(experts, a, s);
    if (!found) return {{0, 0, 0}, 1e9};
    double active = 0;
    for (const double x : a) active += x > 0.1;
    return {{-100 * found->both, found->divergence, active},
            std::max(0.0, found->divergence - farthest)};
  };
  tl::nsga2_options options{.low = std::vector<double>(tasks, 0.0),
                            .high = std::vector<double>(tasks, 2.0),
                            .population = s.line.population,
                            .generations = s.line.generations};
  options.stop = [] { return was_interrupted != 0; };
  const auto found = tl::nsga2(score, options);
  bar.clear();
  if (!found) return found.error();
  const tl::pareto::table table{
      .title = "mixtures of experts",
      .axes = {{"tales of both kinds, %", true}, {"KL to the model"}, {"active experts"}},
      .genes = {"speech", "heroine", "breath"},
      .front = found->front(),
      .others = found->population};
  std::printf("\n%s", table.markdown().c_str());
  const std::string path = s.line.expert.run + "/front.svg";
  if (!(std::ofstream(path) << table.svg() << std::flush))
    return tl::error{tl::errc::io_failure, tl::join(path, ": the file cannot be written.")};
  return tl::done{};
}
// [nsga2]

// [choose]
/// How often the expert of a thing finds a tale that does it likelier than the others find it.
tl::status choose(std::span<const tl::svf_expert> experts, const school& s) {
  std::vector<packed_floats> models;
  for (const tl::svf_expert& e : experts) {
    float_teller model = make_float_teller(s.teller);
    if (auto good = tl::apply_expert(e, s.factors, model); !good) return good;
    models.push_back(tl::pack(model));
  }
  std::array<std::array<int, tasks>, tasks> chosen{};
  for (std::size_t k = 0; k < tasks; ++k) {
    std::vector<tl::prompted<packed_floats>> tellers;
    for (const packed_floats& m : models)
      tellers.push_back(tl::prompted<packed_floats>::open(m, {&s.bos, 1}, 1, s.threads).value());
    int judged = 0;
    for (const tl::trajectory& t : s.told) {
      int things = 0;
      for (std::size_t j = 0; j < tasks; ++j) things += s.does(j, t);
      if (!s.does(k, t) || things != 1 || judged++ == 32) continue;
      std::array<double, tasks> surprise{};
      for (std::size_t j = 0; j < tasks; ++j)
        (void)tellers[j].score(t, [&](std::size_t i, std::span<const float> logits) {
          surprise[j] += tl::surprise_of(logits, t.tokens[t.opening + i]);
        });
      const auto least = std::min_element(surprise.begin(), surprise.end());
      ++chosen[k][static_cast<std::size_t>(least - surprise.begin())];
    }
  }
  std::printf(
      "\n| tales that do one thing alone | expert of speech | of a heroine | of a breath |\n"
      "|---|---|---|---|\n");
  for (std::size_t k = 0; k < tasks; ++k)
    std::printf("| %s | %d | %d | %d |\n", tale_tasks::all[k].name, chosen[k][0], chosen[k][1],
                chosen[k][2]);
  return tl::done{};
}
// [choose]

tl::status mix(const school& s) {
  std::vector<tl::svf_expert> experts;
  for (std::size_t k = 0; k < tasks; ++k) {
    auto expert = train_expert(k, s);
    if (!expert) return std::move(expert).error();
    experts.push_back(std::move(*expert));
  }
  std::printf(
      "| mixture            | speech, heroine, breath | both, %% | each, %%  | KL |\n"
      "|---|---|---|---|---|\n");
  const std::vector<std::pair<const char*, std::array<double, tasks>>> known{
      {"the first alone", {1, 0, 0}},
      {"the second alone", {0, 1, 0}},
      {"the third alone", {0, 0, 1}},
      {"a third of each", {1 / 3., 1 / 3., 1 / 3.}}};
  for (const auto& [name, a] : known) {
    const auto found = evaluate(experts, a, s);
    if (!found) return found.error();
    show(name, a, *found);
  }
  if (auto done = search_one(experts, s); !done) return done;
  if (auto done = search_front(experts, s); !done) return done;
  return choose(experts, s);
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_mixture(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto teller = load_teller();
  if (!teller) return complain(teller.error());
  const expert_line& l = line->expert;
  const std::int32_t bos = teller->tokenizer.encode("", {.bos = true}).value().front();
  const auto openings = make_openings(teller->model, bos, l.openings, l.seed);
  auto held_out = make_openings(teller->model, bos, l.held_out, l.seed + 1);
  if (!openings || !held_out) return complain(openings ? held_out.error() : openings.error());
  std::filesystem::create_directories(l.run);
  progress_line bar("singular values");
  const auto factors =
      tl::decompose_cached(l.run + "/factors.safetensors", teller->model, tl::every_matrix{}, bar);
  if (!factors) return complain(factors.error());
  bar.clear();
  const interrupt_guard interrupts;
  const tl::thread_pool threads(l.threads);
  auto base = tl::prompted<tl::packed<shipped_blueprint>>::open(teller->model, {&bos, 1}, 16,
                                                                threads.get());
  auto told = base->respond(*openings, {.tokens = l.tokens});
  if (!told) return complain(told.error());
  const auto done =
      mix({*line, *teller, bos, std::move(*told), std::move(*held_out), *factors, threads.get()});
  if (!done) return complain(done.error());
  return was_interrupted != 0 ? 130 : 0;
}
