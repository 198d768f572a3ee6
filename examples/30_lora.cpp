// Adapters of low rank on the shipped model, which is trits: one that is carried beside the packed
// weights and may be switched, one that is trained through the quantiser and packed without loss,
// and the wrong way, which merges the first into the trits and finds it gone.

#include <trilith/adapt.hpp>
#include <trilith/infer/perplexity.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <filesystem>

#include "complain.hpp"
#include "float_teller.hpp"
#include "interrupt.hpp"
#include "learning_curve.hpp"
#include "lora_options.hpp"
#include "training_corpus.hpp"
#include "training_progress.hpp"

namespace tl = trilith;

struct lesson {
  const lora_line& line;
  const tl::text::tokenizer& words;
  tl::token_file train, validation;
  const tl::executor& threads;
  learning_curve& losses;
};

/// Bits a byte of the text that was held out.
template <class Model>
void show(const char* name, const Model& model, const lesson& l) {
  std::vector<std::int32_t> tokens(std::min<std::size_t>(l.validation.size(), l.line.judged));
  l.validation.copy(0, tokens);
  const auto found =
      tl::perplexity(model, tokens, {.run = l.threads},
                     [](const tl::likelihood&, double) { return was_interrupted == 0; });
  if (!found) return;
  const double share =
      static_cast<double>(tokens.size()) / static_cast<double>(l.validation.size());
  const auto bytes = share * static_cast<double>(l.validation.facts().text_bytes);
  std::printf("%-42s %.4f bits a byte\n", name,
              found->bits_per_byte(tokens.size(), static_cast<std::size_t>(bytes)));
  std::fflush(stdout);
}

// [train]
/// Trains a change of low rank of all hidden matrices; the rest of the model stays.
template <class Model>
tl::result<tl::adapter> train_change(const char* name, Model& model, const lesson& l) {
  const lora_line& line = l.line;
  tl::training_pass pass(model, {.sequences = line.batch.batch, .length = line.batch.length},
                         l.threads);
  tl::low_rank_learner change(pass,
                              {.rank = line.rank, .alpha = 2.0f * static_cast<float>(line.rank)},
                              line.batch.seed, l.threads);
  const auto batches = tl::make_batches(l.train, line.batch);
  if (!batches) return batches.error();
  training_progress_line progress(50);
  const auto stop = [] { return was_interrupted != 0; };
  tl::train_options options{.steps = line.steps};
  options.schedule = tl::cosine{.warmup = 10};
  options.threads = l.threads;
  const auto tell = [&](const tl::training_event& e) {
    progress(e);
    if (e.what == tl::training_moment::step)
      l.losses.add(name, static_cast<double>(e.last.step), e.last.loss);
  };
  options.on_event = tell;
  options.stop = stop;
  tl::any_learner learner(change);
  const auto done =
      tl::train(learner, {*batches}, tl::adamw{.rate = line.rate, .decay = 0}, options);
  if (!done) return done.error();
  progress.end_line();
  return tl::adapter_of(change);
}
// [train]

// [beside]
/// An adapter beside packed weights: y = W~ x~ + s B A x~.
tl::result<tl::adapter> carry(const shipped_teller& m, const lesson& l) {
  float_teller floats = make_float_teller(m);  // the same model, its trits as floats
  auto change = train_change("beside the trits", floats, l);
  if (!change) return change;
  auto base = tl::adaptable(tl::packed<shipped_blueprint>(m.model));
  if (auto fits = tl::attach(base, *change); !fits) return std::move(fits).error();
  show("with the adapter, not merged", base, l);
  tl::detach(base);
  show("switched off again", base, l);
  if (auto saved = tl::save_adapter(l.line.run + "/adapter.safetensors", *change); !saved)
    return std::move(saved).error();
  return change;
}
// [beside]

/// Merged as the first thing that comes to mind: trits to floats, add, quantise again.
void merge_into_trits(const shipped_teller& m, const tl::adapter& change, const lesson& l) {
  tl::packed<shipped_blueprint> model = m.model;
  const tl::merge_report found = tl::erase_by_merging_into_trits(model, change);
  show("the adapter merged into trits (wrong)", model, l);
  std::printf("    %.3f %% of the codes flipped; %.1f %% of the change arrived\n",
              100 * found.flipped_share(), 100 * found.transmitted_share());
}

int adapt(const shipped_teller& m, const lesson& l) {
  show("as it is", m.model, l);
  const auto change = carry(m, l);
  if (!change) return complain(change.error());
  merge_into_trits(m, *change, l);
  // [through]
  auto student = tl::draw_latents(m.model, l.line.batch.seed);
  if (auto trained = train_change("through the quantiser", student, l); !trained)
    return complain(trained.error());
  const auto packed = tl::pack(student);
  // [through]
  show("trained through the quantiser, packed", packed, l);
  std::printf("    %.3f %% of the codes flipped\n",
              100 * tl::compare_codes(m.model, packed).flipped_share());
  const std::string path = l.line.run + "/model.safetensors";
  if (auto saved = save_teller(student, m.tokenizer, path); !saved) return complain(saved.error());
  if (auto drawn = l.losses.draw(l.line.run + "/curve.svg"); !drawn) return complain(drawn.error());
  std::printf(
      "\nsaved %s, and %s/adapter.safetensors with %zu numbers\n"
      "try tools/demo --model %s\n",
      path.c_str(), l.line.run.c_str(), change->parameters(), path.c_str());
  return was_interrupted != 0 ? 130 : 0;
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_lora(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto teller = load_teller();
  if (!teller) return complain(teller.error());
  std::filesystem::create_directories(line->run);
  training_line texts;
  texts.corpus = line->corpus;
  texts.run = line->run;
  auto corpus = prepare_corpus(texts, teller->tokenizer);
  if (!corpus) return complain(corpus.error());
  const tl::thread_pool threads(line->threads);
  const interrupt_guard interrupts;
  learning_curve losses("changes of low rank", "step", "nats a token");
  return adapt(*teller, {*line, teller->tokenizer, std::move(corpus->train),
                         std::move(corpus->validation), threads.get(), losses});
}
