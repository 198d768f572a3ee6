// Prompt baking: the shipped model learns to write without a prompt as it writes behind it. What
// changes is of low rank and trained through the quantiser, so that nothing is lost when the model
// is packed again.

#include <trilith/adapt.hpp>
#include <trilith/train/curve.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <filesystem>

#include "bake_options.hpp"
#include "bake_progress.hpp"
#include "complain.hpp"
#include "interrupt.hpp"
#include "shipped_teller.hpp"

namespace tl = trilith;

/// Says how near a model without the prompt is to the one behind it, on tales nobody trained with.
template <class Packed>
tl::result<tl::agreement> judge(const char* name, const Packed& model, std::int32_t bos,
                                tl::prompted<Packed>& teacher,
                                const std::vector<tl::trajectory>& held_out) {
  auto student = tl::prompted<Packed>::open(model, {&bos, 1});
  if (!student) return std::move(student).error();
  auto found = tl::compare(teacher, *student, held_out);
  if (found)
    std::printf("%-7s KL to the prompted model %.4f nats a token, r^2 of log-likelihoods %6.3f\n",
                name, found->divergence, found->determination);
  return found;
}

template <class Packed>
void show(const Packed& before, const Packed& after, std::span<const std::int32_t> prompt,
          const token_lists& openings, const tl::text::tokenizer& words) {
  const auto bare = prompt.first(1);
  for (std::size_t i = 0; i < 3 && i < openings.size(); ++i)
    std::printf("\nprompted  %s\nbefore    %s\nbaked     %s\n",
                continued(before, prompt, openings[i], words).c_str(),
                continued(before, bare, openings[i], words).c_str(),
                continued(after, bare, openings[i], words).c_str());
}

// [bake]
int bake(const bake_line& line, const shipped_teller& m) {
  const auto prompt = m.tokenizer.encode(line.prompt, {.bos = true});
  if (!prompt) return complain(prompt.error());
  const std::int32_t bos = prompt->front();
  const auto openings = make_openings(m.model, bos, line.openings, line.seed);
  const auto others = make_openings(m.model, bos, line.held_out, line.seed + 1);
  if (!openings) return complain(openings.error());
  if (!others) return complain(others.error());

  auto teacher = tl::prompted<tl::packed<shipped_blueprint>>::open(m.model, *prompt, 16);
  if (!teacher) return complain(teacher.error());
  const auto held_out = teacher->respond(*others, {.tokens = line.tokens});
  if (!held_out) return complain(held_out.error());
  const auto before = judge("before", m.model, bos, *teacher, *held_out);
  if (!before) return complain(before.error());

  auto student = tl::draw_latents(m.model, line.seed);  // codes alone are shipped
  const tl::thread_pool threads(line.threads);
  bake_progress progress;
  tl::bake_options options = bake_options_of(line, bos, threads.get());
  options.on_step = progress;
  tl::baking oven(student, options);
  if (auto added = oven.add(*prompt, *openings, {.tokens = line.tokens}); !added)
    return complain(added.error());
  const auto last = oven.run();
  progress.end();
  if (!last) return complain(last.error());

  const auto baked = tl::pack(student);
  const auto after = judge("baked", baked, bos, *teacher, *held_out);
  if (!after) return complain(after.error());
  const auto codes = tl::compare_codes(m.model, baked);
  std::printf("%.1f %% of the codes flipped, scales are %.3f of what they were\n",
              100 * codes.flipped_share(), codes.scale_drift);
  show(m.model, baked, *prompt, *others, m.tokenizer);
  if (auto drawn = progress.draw(line.run + "/curve.svg"); !drawn) return complain(drawn.error());
  const std::string path = line.run + "/model.safetensors";
  if (auto saved = save_teller(student, m.tokenizer, path); !saved) return complain(saved.error());
  std::printf("\nsaved %s; try tools/demo --model %s\n", path.c_str(), path.c_str());
  return last->step < line.steps ? 130 : 0;
}
// [bake]

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_bake(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto teller = load_teller();
  if (!teller) return complain(teller.error());
  std::filesystem::create_directories(line->run);
  const interrupt_guard interrupts;
  return bake(*line, *teller);
}
