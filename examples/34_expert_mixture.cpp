// Mixtures of experts of singular values: three experts of one thing each, and the coefficients
// that do two of these things at once. One figure is searched by the cross-entropy method, three at
// once by NSGA-II. Which expert a tale calls for is told from the tale alone, in three ways.

#include <trilith/search.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "complain.hpp"
#include "expert_choice.hpp"
#include "mixture_school.hpp"
#include "ternary_expert.hpp"

namespace tl = trilith;
using expert_choice::packed_floats, expert_choice::tasks;

/// What a mixture does: the share of tales in which somebody speaks and that are of a heroine, each
/// thing's own share, and how far it is from the model.
struct figures {
  double both = 0, divergence = 0;
  std::array<double, tasks> each{};
};

// [evaluate]
tl::result<figures> evaluate(std::span<const tl::svf_expert> experts, std::span<const double> a,
                             const mixture_school& s) {
  const auto mixed = tl::mix_experts(s.factors, experts, a);
  if (!mixed) return mixed.error();
  const auto policy = packed_with(*mixed, s);
  if (!policy) return policy.error();
  auto teller = tl::prompted<packed_floats>::open(*policy, {&s.bos, 1}, 16, s.threads);
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
  const std::span<const tl::trajectory> some(s.others.data(),
                                             std::min<std::size_t>(16, s.others.size()));
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

/// A mixture is an expert like others; in trits it is a model like others.
tl::status save(const tl::svf_expert& mixture, const mixture_school& s) {
  const std::string run = s.line.expert.run, path = run + "/model.safetensors";
  if (auto saved = tl::save_expert(run + "/mixture.expert.safetensors", mixture); !saved)
    return saved;
  const auto student = in_latent_weights(mixture, s.factors, s.teller, s.line.expert.seed);
  if (auto saved = save_teller(student, s.teller.tokenizer, path); !saved) return saved;
  std::printf("\nsaved %s; try tools/demo --model %s\n", path.c_str(), path.c_str());
  return tl::done{};
}

// [cem]
/// As many tales of both kinds as possible; among equals, the mixture nearest to the model.
tl::status search_one(std::span<const tl::svf_expert> experts, const mixture_school& s) {
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
      .population = s.line.population, .high = 2, .iterations = s.line.iterations};
  options.stop = [] { return was_interrupted != 0; };
  const auto found = tl::cem(score, options, {std::vector<double>(tasks, 1.0)});
  bar.clear();
  if (!found) return found.error();
  const auto best = evaluate(experts, found->best, s);
  if (!best) return best.error();
  show("CEM", found->best, *best);
  return save(*tl::mix_experts(s.factors, experts, found->best), s);
}
// [cem]

// [nsga2]
/// Both kinds, distance, and how many experts take part, of which none is to be more than the
/// others are worth; what is farther than the bound counts as no answer.
tl::status search_front(std::span<const tl::svf_expert> experts, const mixture_school& s) {
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

tl::status mix(const mixture_school& s) {
  std::vector<tl::svf_expert> experts;
  for (std::size_t k = 0; k < tasks; ++k) {
    std::vector<tl::trajectory> good;  // tales that happen to do it
    for (const tl::trajectory& t : s.told)
      if (s.does(k, t)) good.push_back(t);
    auto expert = show_expert(tale_tasks::all[k].name, good, s.line.expert.tokens + 11,
                              s.line.expert.steps, s);
    if (!expert) return std::move(expert).error();
    const std::string path =
        s.line.expert.run + "/" + tale_tasks::all[k].name + ".expert.safetensors";
    if (auto saved = tl::save_expert(path, *expert); !saved) return saved;
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
  return expert_choice::compare_choices(experts, s);
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
  const auto unseen = make_openings(teller->model, bos, l.openings, l.seed + 2);
  if (!openings) return complain(openings.error());
  if (!held_out || !unseen) return complain(held_out ? unseen.error() : held_out.error());
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
  auto others = base->respond(*unseen, {.tokens = l.tokens});
  if (!told || !others) return complain(told ? others.error() : told.error());
  const auto done = mix({*line, *teller, bos, std::move(*told), std::move(*others),
                         std::move(*held_out), *factors, threads.get()});
  if (!done) return complain(done.error());
  return was_interrupted != 0 ? 130 : 0;
}
