// Half-baking: a change applied at part of its strength, and two sets of prompts baked in turn, a
// half at a time, while the scales of the weights and the perplexity of ordinary text stay where
// they are.

#include <trilith/adapt.hpp>
#include <trilith/infer/perplexity.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <filesystem>

#include "bake_options.hpp"
#include "bake_progress.hpp"
#include "complain.hpp"
#include "interrupt.hpp"
#include "shipped_teller.hpp"
#include "sweep_options.hpp"

namespace tl = trilith;
using packed_teller = tl::packed<shipped_blueprint>;
using latent_teller = tl::latent<shipped_blueprint>;

struct kitchen {
  const half_bake_line& line;
  const shipped_teller& teller;
  std::int32_t bos;
  const tl::executor& threads;
};

/// Beginnings of tales to bake with, and others to judge by.
tl::result<tl::prompt_set> set_of(const kitchen& k, const std::vector<std::string>& prompts) {
  tl::prompt_set out;
  for (const std::string& prompt : prompts) {
    auto tokens = k.teller.tokenizer.encode(prompt, {.bos = true});
    if (!tokens) return std::move(tokens).error();
    out.prompts.push_back(std::move(*tokens));
  }
  const bake_line& line = k.line.bake;
  auto openings = make_openings(k.teller.model, k.bos, line.openings, line.seed);
  if (!openings) return std::move(openings).error();
  auto held_out = make_openings(k.teller.model, k.bos, line.held_out, line.seed + 1);
  if (!held_out) return std::move(held_out).error();
  out.openings = std::move(*openings);
  out.held_out = std::move(*held_out);
  return out;
}

// [half]
/// One bake at several strengths.
tl::status half_bake(const kitchen& k, const tl::prompt_set& set) {
  const auto& prompt = set.prompts.front();
  auto teacher = tl::prompted<packed_teller>::open(k.teller.model, prompt, 16);
  if (!teacher) return std::move(teacher).error();
  const auto held_out = teacher->respond(set.held_out, {.tokens = k.line.bake.tokens});
  if (!held_out) return held_out.error();

  latent_teller student = tl::draw_latents(k.teller.model, k.line.bake.seed);
  bake_progress progress;
  tl::bake_options options = bake_options_of(k.line.bake, k.bos, k.threads);
  options.on_step = progress;
  tl::baking oven(student, options);
  if (auto added = oven.add(prompt, set.openings, {.tokens = k.line.bake.tokens}); !added)
    return added;
  if (auto baked = oven.run(); !baked) return std::move(baked).error();
  progress.end();

  std::printf(
      "| strength | KL to the prompted model | r^2 | codes flipped, %% |\n|---|---|---|---|\n");
  for (const float strength : {0.0f, 0.25f, 0.5f, 0.75f, 1.0f}) {
    oven.apply(strength);
    const packed_teller model = tl::pack(student);
    auto bare = tl::prompted<packed_teller>::open(model, {&k.bos, 1});
    if (!bare) return std::move(bare).error();
    const auto found = tl::compare(*teacher, *bare, *held_out);
    if (!found) return found.error();
    std::printf("| %.2f | %.4f | %.3f | %.2f |\n", static_cast<double>(strength), found->divergence,
                found->determination,
                100 * tl::compare_codes(k.teller.model, model).flipped_share());
  }
  return tl::done{};
}
// [half]

/// Of ordinary tales; 0 where there is no text to measure it on.
double bits_a_byte(const kitchen& k, const packed_teller& model) {
  if (k.line.text.empty()) return 0;
  sweep_line how;
  how.text = k.line.text;
  const auto text = first_tokens(how, k.teller.tokenizer);
  if (!text) return 0;
  const auto found = tl::perplexity(model, text->tokens, {.run = k.threads},
                                    [](const tl::likelihood&, double) { return true; });
  return found ? found->bits_per_byte(text->tokens.size(), text->bytes) : 0;
}

// [cycle]
/// Two sets of prompts in turn.
tl::status bake_both(const kitchen& k, const tl::prompt_set& a, const tl::prompt_set& b) {
  latent_teller student = tl::draw_latents(k.teller.model, k.line.bake.seed);
  bake_progress progress;
  tl::cycle_options options{.bake = bake_options_of(k.line.bake, k.bos, k.threads),
                            .responses = {.tokens = k.line.bake.tokens},
                            .strength = static_cast<float>(k.line.strength),
                            .iterations = k.line.iterations};
  options.bake.on_step = progress;
  const auto show = [&](const tl::cycle_report& r) {
    progress.end();
    std::printf("| %zu | %s | %.4f | %.4f | %.2f | %.3f | %.4f |\n", r.iteration,
                r.iteration == 0 ? ""
                : r.set == 0     ? "A"
                                 : "B",
                r.divergence[0], r.divergence[1], 100 * r.codes.flipped_share(),
                r.codes.scale_drift, bits_a_byte(k, tl::pack(student)));
    std::fflush(stdout);
  };
  options.on_iteration = show;
  std::printf(
      "\n| bake | of | KL of A | KL of B | codes flipped, %% | scales | bits a byte |\n"
      "|---|---|---|---|---|---|---|\n");
  const auto all = tl::bake_in_turn(student, a, b, options);
  if (!all) return all.error();
  if (auto drawn = progress.draw(k.line.bake.run + "/curve.svg"); !drawn) return drawn;
  const std::string path = k.line.bake.run + "/model.safetensors";
  if (auto saved = save_teller(student, k.teller.tokenizer, path); !saved) return saved;
  std::printf("\nsaved %s; try tools/demo --model %s\n", path.c_str(), path.c_str());
  return tl::done{};
}
// [cycle]

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_half_bake(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto teller = load_teller();
  if (!teller) return complain(teller.error());
  const auto bos = teller->tokenizer.encode("", {.bos = true});
  if (!bos) return complain(bos.error());
  std::filesystem::create_directories(line->bake.run);
  const interrupt_guard interrupts;
  const tl::thread_pool threads(line->bake.threads);
  const kitchen k{*line, *teller, bos->front(), threads.get()};
  const auto a = set_of(k, {line->bake.prompt, sad_prompt}), b = set_of(k, {talk_prompt});
  if (!a) return complain(a.error());
  if (!b) return complain(b.error());
  if (auto done = half_bake(k, *a); !done) return complain(done.error());
  if (auto done = bake_both(k, *a, *b); !done) return complain(done.error());
  return was_interrupted != 0 ? 130 : 0;
}
