// Half-baking: a change applied at part of its strength; two sets of prompts baked in turn, a half
// at a time, while the scales of the weights stay where they are and ordinary text costs no more
// than the prompts themselves cost it; and pursuit, where each bake follows the one before.

#include <trilith/adapt.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "bake_options.hpp"
#include "bake_progress.hpp"
#include "complain.hpp"
#include "interrupt.hpp"
#include "ordinary_text.hpp"
#include "shipped_teller.hpp"

namespace tl = trilith;
using packed_teller = tl::packed<shipped_blueprint>;
using latent_teller = tl::latent<shipped_blueprint>;

struct kitchen {
  const half_bake_line& line;
  const shipped_teller& teller;
  std::int32_t bos;
  const tl::executor& threads;
  const ordinary_text& text;
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

/// Of ordinary text behind a prompt; 0 where there is no text.
tl::result<double> bits_a_byte(const kitchen& k, const packed_teller& model,
                               std::span<const std::int32_t> prompt) {
  return k.text.pieces.empty() ? 0 : read_behind(model, prompt, k.text, k.threads);
}

/// What ordinary text costs the model behind each prompt: a bake without any loss would cost as
/// much.
tl::status show_prices(const kitchen& k, std::span<const tl::prompt_set* const> sets) {
  std::printf("\n| ordinary text behind | bits a byte |\n|---|---|\n");
  const auto show = [&](const char* name, std::span<const std::int32_t> prompt) -> tl::status {
    const auto bits = bits_a_byte(k, k.teller.model, prompt);
    if (!bits) return bits.error();
    std::printf("| %s | %.4f |\n", name, *bits);
    return tl::done{};
  };
  if (auto shown = show("no prompt", {&k.bos, 1}); !shown) return shown;
  for (std::size_t i = 0; i < sets.size(); ++i)
    for (const auto& prompt : sets[i]->prompts)
      if (auto shown = show(i == 0 ? "a prompt of A" : "a prompt of B", prompt); !shown)
        return shown;
  return tl::done{};
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
                r.codes.scale_drift, bits_a_byte(k, tl::pack(student), {&k.bos, 1}).value());
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

/// Exclamation marks in a hundred of the tales that a model tells behind a prompt, or none.
tl::result<double> exclamations(const kitchen& k, const packed_teller& model,
                                std::span<const std::int32_t> prompt, const tl::prompt_set& set) {
  auto teller = tl::prompted<packed_teller>::open(model, prompt, 16, k.threads);
  if (!teller) return std::move(teller).error();
  const auto texts = teller->respond(set.openings, {.tokens = k.line.bake.tokens});
  if (!texts) return texts.error();
  double found = 0;
  for (const tl::trajectory& t : *texts) {
    const std::string text = k.teller.tokenizer.decode(t.tokens).value();
    found += static_cast<double>(std::count(text.begin(), text.end(), '!'));
  }
  return 100 * found / static_cast<double>(texts->size());
}

/// Each bake's teacher is what the last one left, behind the same prompt.
tl::status pursue(const kitchen& k, const tl::prompt_set& set) {
  const auto& prompt = set.prompts.front();
  latent_teller student = tl::draw_latents(k.teller.model, k.line.bake.seed);
  bake_progress progress;
  std::printf(
      "\n| pursuit | \"!\" in 100 tales | the same, prompted | codes flipped, %% | bits a byte |\n"
      "|---|---|---|---|---|\n");
  for (std::size_t i = 0; i <= k.line.pursuits && was_interrupted == 0; ++i) {
    if (i != 0) {
      tl::bake_options options = bake_options_of(k.line.bake, k.bos, k.threads);
      options.seed += i;
      options.on_step = progress;
      tl::baking oven(student, options);
      if (auto added = oven.add(prompt, set.openings, {.tokens = k.line.bake.tokens}); !added)
        return added;
      if (auto baked = oven.run(); !baked) return std::move(baked).error();
      progress.end();
    }
    const packed_teller model = tl::pack(student);
    const auto bare = exclamations(k, model, {&k.bos, 1}, set);
    const auto prompted = exclamations(k, model, prompt, set);
    const auto bits = bits_a_byte(k, model, {&k.bos, 1});
    if (!bare || !prompted || !bits)
      return !bare ? bare.error() : !prompted ? prompted.error() : bits.error();
    std::printf("| %zu | %.1f | %.1f | %.2f | %.4f |\n", i, *bare, *prompted,
                100 * tl::compare_codes(k.teller.model, model).flipped_share(), *bits);
    std::fflush(stdout);
  }
  return tl::done{};
}

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
  const auto text = read_ordinary_text(line->text, teller->tokenizer);
  if (!text) return complain(text.error());
  const kitchen k{*line, *teller, bos->front(), threads.get(), *text};
  const auto a = set_of(k, line->a), b = set_of(k, line->b);
  if (!a) return complain(a.error());
  if (!b) return complain(b.error());
  if (auto done = half_bake(k, *a); !done) return complain(done.error());
  if (auto done = show_prices(k, std::array{&*a, &*b}); !done) return complain(done.error());
  if (auto done = bake_both(k, *a, *b); !done) return complain(done.error());
  if (auto done = pursue(k, *a); !done) return complain(done.error());
  return was_interrupted != 0 ? 130 : 0;
}
