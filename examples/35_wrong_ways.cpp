// Recipes that look right and are not, each beside the one that works, measured on the shipped
// model: how far it is afterwards from where it was, or from where it should be.

#include <trilith/adapt.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <filesystem>

#include "bake_options.hpp"
#include "bake_progress.hpp"
#include "complain.hpp"
#include "interrupt.hpp"
#include "learning_curve.hpp"
#include "shipped_teller.hpp"

namespace tl = trilith;
using packed_teller = tl::packed<shipped_blueprint>;
using latent_teller = tl::latent<shipped_blueprint>;

/// What the recipes are judged by.
struct court {
  const bake_line& line;
  const shipped_teller& teller;
  std::int32_t bos;
  std::vector<std::int32_t> prompt;
  token_lists openings, held_out;
  const tl::executor& threads;

  /// KL(the shipped model behind a prompt || another without one), nats a token.
  [[nodiscard]] double distance(std::span<const std::int32_t> behind,
                                const packed_teller& model) const {
    auto told = tl::prompted<packed_teller>::open(teller.model, behind, 16, threads);
    auto bare = tl::prompted<packed_teller>::open(model, {&bos, 1}, 1, threads);
    const auto texts = told->respond(held_out, {.tokens = line.tokens});
    return tl::compare(*told, *bare, *texts).value().divergence;
  }
  [[nodiscard]] double from_shipped(const packed_teller& model) const {
    return distance({&bos, 1}, model);
  }
  [[nodiscard]] double from_prompted(const packed_teller& model) const {
    return distance(prompt, model);
  }
};

// [requantise]
/// Trits to floats and back. absmean counts the zeros, and finds a smaller scale each time.
tl::status requantise(const court& c) {
  std::printf("1. Dequantise, quantise again: KL to the model as it was, and its scales\n");
  packed_teller wrong = c.teller.model, right = c.teller.model;
  learning_curve curve("quantised again and again", "cycle", "KL to the model as it was, nats");
  for (int cycle = 1; cycle <= 5; ++cycle) {
    wrong = tl::pack(tl::dequantize(wrong));
    right = tl::requantize(tl::dequantize(right));
    const double distance = c.from_shipped(wrong);
    curve.add("pack", cycle, distance);
    std::printf("   cycle %d   pack: %.4f, scales x %.3f      requantize: %.4f, scales x %.3f\n",
                cycle, distance, tl::compare_codes(c.teller.model, wrong).scale_drift,
                c.from_shipped(right), tl::compare_codes(c.teller.model, right).scale_drift);
  }
  if (auto drawn = curve.draw(c.line.run + "/curve.svg"); !drawn) return drawn;
  const auto words = tl::text::serialize(c.teller.tokenizer);
  const std::string path = c.line.run + "/model.safetensors";
  std::printf("   hear what is left of it: tools/demo --model %s\n", path.c_str());
  return tl::io::save(wrong, path, {.tokenizer = words});
}
// [requantise]

/// Bakes as the options say; the change, and the model that it was trained as.
struct baked {
  tl::adapter change;
  packed_teller model;
};
tl::result<baked> bake(const court& c, tl::bake_options options,
                       std::span<const std::int32_t> teacher_prompt) {
  latent_teller student = tl::draw_latents(c.teller.model, c.line.seed);
  bake_progress progress;
  options.on_step = progress;
  tl::baking oven(student, options);
  if (auto added = oven.add(teacher_prompt, c.openings, {.tokens = c.line.tokens}); !added)
    return std::move(added).error();
  const auto last = oven.run();
  progress.end();
  if (!last) return last.error();
  return baked{oven.change(), tl::pack(student)};
}

// [merge]
/// A bake whose change is merged into trits.
tl::status merge(const court& c, const baked& good) {
  packed_teller wrong = c.teller.model;
  const auto found = tl::erase_by_merging_into_trits(wrong, good.change);
  packed_teller kept = c.teller.model;
  tl::dense<shipped_blueprint> left_over(kept.sizes);
  const auto fed_back = tl::merge_with_feedback(kept, left_over, good.change);
  std::printf(
      "\n2. Bake, then merge into the trits: KL to the prompted model\n"
      "   not baked                                %.4f\n"
      "   merged into dequantised trits            %.4f   %4.1f %% of the change arrived\n"
      "   the same, what is left over kept         %.4f   %4.1f %%, the rest waits\n"
      "   trained through the quantiser, packed    %.4f\n",
      c.from_prompted(c.teller.model), c.from_prompted(wrong), 100 * found.transmitted_share(),
      c.from_prompted(kept), 100 * fed_back.transmitted_share(), c.from_prompted(good.model));
  return tl::done{};
}
// [merge]

// [same_input]
/// Teacher and student both see the prompt: there is nothing between them.
tl::status see_the_same(const court& c) {
  latent_teller student = tl::draw_latents(c.teller.model, c.line.seed);
  tl::bake_options options = bake_options_of(c.line, c.bos, c.threads);
  options.begins_with = c.prompt;  // the mistake
  tl::baking oven(student, options);
  if (auto added = oven.add(c.prompt, c.openings, {.tokens = c.line.tokens}); !added) return added;
  const auto first = oven.step();
  if (!first) return first.error();
  std::printf(
      "\n3. The prompt in front of the student too: KL of the first step %.6f, so nothing "
      "is learnt\n",
      first->divergence);
  return tl::done{};
}
// [same_input]

// [likeliest]
/// Fewer of the teacher's scores, from the same responses.
tl::status keep_few_targets(const court& c, const baked& good) {
  std::printf(
      "\n4. The teacher's likeliest token alone: KL to the prompted model\n"
      "   all scores      %.4f\n",
      c.from_prompted(good.model));
  for (const std::size_t likeliest : {20u, 1u}) {
    tl::bake_options options = bake_options_of(c.line, c.bos, c.threads);
    options.likeliest = likeliest;
    const auto found = bake(c, options, c.prompt);
    if (!found) return found.error();
    std::printf("   the %2zu highest  %.4f\n", likeliest, c.from_prompted(found->model));
    std::fflush(stdout);
  }
  return tl::done{};
}
// [likeliest]

// [compound]
/// Halves of what is left add up; parts of a growing strength compound.
void compound() {
  std::printf(
      "\n5. `progressive` half-baking in K parts of strength s k / K: what is reached of s\n");
  for (const int parts : {1, 2, 4, 8}) {
    double left = 1;
    for (int k = 1; k <= parts; ++k) left *= 1 - 0.5 * k / parts;
    std::printf("   K = %d: %.3f of 0.5\n", parts, 1 - left);
  }
}
// [compound]

// [alpha]
/// One factor for a whole matrix, in front of a norm.
void scale_before_norm(const court& c) {
  packed_teller up = c.teller.model, down = c.teller.model;
  for (auto& block : up.parameters.blocks) block.ffn.up.scales[0] *= 1.5f;
  for (auto& block : down.parameters.blocks) block.ffn.down.scales[0] *= 1.5f;
  std::printf(
      "\n6. One factor a matrix (1.5): KL to the model as it was\n"
      "   on up projections, whose outputs meet a norm           %.2e\n"
      "   on down projections, whose outputs meet the residual   %.2e\n",
      c.from_shipped(up), c.from_shipped(down));
}
// [alpha]

tl::status judge_all(const court& c) {
  if (auto done = requantise(c); !done) return done;
  const auto good = bake(c, bake_options_of(c.line, c.bos, c.threads), c.prompt);
  if (!good) return good.error();
  if (auto done = merge(c, *good); !done) return done;
  if (auto done = see_the_same(c); !done) return done;
  if (auto done = keep_few_targets(c, *good); !done) return done;
  compound();
  scale_before_norm(c);
  return tl::done{};
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_wrong_ways(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto teller = load_teller();
  if (!teller) return complain(teller.error());
  const auto prompt = teller->tokenizer.encode(line->prompt, {.bos = true});
  if (!prompt) return complain(prompt.error());
  const std::int32_t bos = prompt->front();
  auto openings = make_openings(teller->model, bos, line->openings, line->seed);
  auto held_out = make_openings(teller->model, bos, line->held_out, line->seed + 1);
  if (!openings || !held_out) return complain(openings ? held_out.error() : openings.error());
  std::filesystem::create_directories(line->run);
  const interrupt_guard interrupts;
  const tl::thread_pool threads(line->threads);
  const auto done = judge_all(
      {*line, *teller, bos, *prompt, std::move(*openings), std::move(*held_out), threads.get()});
  if (!done) return complain(done.error());
  return was_interrupted != 0 ? 130 : 0;
}
