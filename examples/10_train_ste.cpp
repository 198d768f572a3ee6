// Trains a language model with 1-bit weights on text files: from the corpus through a vocabulary of
// its own to a packed model that 03_generate loads. It shows samples while it learns, and a run that
// was ended in any way goes on with --resume as if nothing had happened.

#include <trilith/io/checkpoint.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>

#include "complain.hpp"
#include "interrupt.hpp"
#include "training_corpus.hpp"
#include "training_progress.hpp"

namespace tl = trilith;

// [blueprint]
template <class Weights, class Activations = tl::activations::int8<>>
using scheme = tl::scheme<Weights, Activations, tl::backends::automatic>;

template <class Scheme, class Head = tl::presets::int8_head>
using blueprint = tl::decoder<
    tl::transformer_block<tl::rms_norm<>, tl::attention<Scheme, tl::sub_norm<>>,
                          tl::gated_ffn<Scheme, tl::relu_squared, tl::sub_norm<>>>,
    Head>;

using ternary = blueprint<scheme<tl::weights::ternary<>>>;
using full_precision =  // the float32 twin
    blueprint<scheme<tl::weights::f32, tl::activations::f32>, tl::tied_head<tl::weights::f32>>;
// [blueprint]

/// What the model writes now; latent weights are packed first, as they will be in the end.
template <class Model>
void show_sample(const Model& model, const training_corpus& corpus, const std::string& prompt) {
  auto packed = tl::pack(model);
  const tl::text_model<decltype(packed)> teller{std::move(packed), corpus.words};
  std::string text = prompt;
  (void)tl::generate(teller, prompt, {.max_tokens = 60, .sampling = {.temperature = 0.7f}},
                     [&](std::string_view piece) {
                       text += piece;
                       return true;
                     });
  for (char& c : text)
    if (c == '\n') c = ' ';
  std::printf("    \"%s\"\n", text.c_str());
  std::fflush(stdout);
}

template <class Model>
int save(const Model& model, const training_corpus& corpus, const training_line& line) {
  const std::string path = line.run + "/model.safetensors";
  const tl::io::checkpoint_extras extras{.tokenizer = tl::text::serialize(corpus.words)};
  const auto packed = tl::pack<tl::packing::base3>(model);
  if (auto saved = tl::io::save(packed, path, extras); !saved) return complain(saved.error());
  std::printf("saved %s: %.2f MB; try tools/demo --model %s\n", path.c_str(),
              static_cast<double>(tl::parameter_bytes(packed)) / 1e6, path.c_str());
  return 0;
}

// [train]
template <class Blueprint, class Optimiser>
int train(const training_line& line, const training_corpus& corpus, const Optimiser& optimiser) {
  tl::latent<Blueprint> model(line.sizes);
  tl::fill_random(model, line.batch.seed);
  const tl::thread_pool threads(line.threads);
  tl::training_pass learner(
      model,
      {.sequences = line.micro_batch, .length = line.batch.length, .recompute = line.recompute},
      threads.get());

  const auto batches = tl::make_batches(corpus.train, line.batch);
  if (!batches) return complain(batches.error());
  const auto checks = tl::make_batches_in_order(
      corpus.validation, {.batch = line.micro_batch, .length = line.batch.length});
  if (!checks) return complain(checks.error());

  tl::train_options options{.steps = line.steps, .micro_batch = line.micro_batch};
  options.schedule = schedule_of(line);
  options.validate_every = line.validate_every;
  options.validation_batches = line.validation_batches;
  options.checkpoint_every = line.checkpoint_every;
  options.checkpoints = line.run + "/checkpoints";
  options.resume = line.resume;
  options.log = line.run + "/log.csv";
  options.curve = line.run + "/curve.svg";
  options.threads = threads.get();

  training_progress_line progress(50);
  const auto watch = [&](const tl::training_event& e) {
    progress(e);
    if (e.what != tl::training_moment::validation) return;
    progress.end_line();
    std::printf("step %llu: %.4f bits/byte\n", static_cast<unsigned long long>(e.last.step),
                e.checked.bits_per_byte);
    show_sample(model, corpus, line.prompt);
  };
  const interrupt_guard interrupts;
  const auto stop = [] { return was_interrupted != 0; };
  options.on_event = watch;
  options.stop = stop;
  const auto done = tl::train(learner, {*batches, &*checks}, optimiser, options);
  if (!done) return complain(done.error());
  if (done->steps_left != 0) {
    std::printf("stopped; go on with --resume\n");
    return 0;
  }
  return save(model, corpus, line);
}
// [train]

template <class Blueprint>
int train_with(const training_line& line, const training_corpus& corpus) {
  if (line.optimiser == "muon")
    return train<Blueprint>(
        line, corpus, tl::muon{.rate = line.rate, .decay = line.decay, .others = line.others});
  if (line.optimiser == "muon_grokfast")
    return train<Blueprint>(line, corpus,
                            tl::muon_grokfast{.rate = line.rate, .decay = line.decay});
  return train<Blueprint>(line, corpus, tl::adamw{.rate = line.rate, .decay = line.decay});
}

int main(int argc, char** argv) {
  int exit_code = 0;
  auto line = parse_training(argc, argv, exit_code);
  if (!line) return exit_code;
  if (line->corpus.empty()) {
    line->corpus = {data_file("corpora/childrens_classics_train.txt")};
    line->validation = {data_file("corpora/childrens_classics_val.txt")};
    if (line->corpus[0].empty()) return 0;
  }
  const auto corpus = prepare_corpus(*line);
  if (!corpus) return complain(corpus.error());
  std::printf("%zu tokens to learn from, %zu to validate on\n", corpus->train.size(),
              corpus->validation.size());
  using namespace tl::weights;
  using namespace tl::rules;
  if (line->weights == "binary") return train_with<blueprint<scheme<binary<>>>>(*line, *corpus);
  if (line->weights == "f32") return train_with<full_precision>(*line, *corpus);
  if (line->weights == "learned_step")
    return train_with<blueprint<scheme<tl::weights::ternary<learned_step>>>>(*line, *corpus);
  if (line->weights == "learned_scale")
    return train_with<blueprint<scheme<tl::weights::ternary<learned_scale<>>>>>(*line, *corpus);
  return train_with<::ternary>(*line, *corpus);
}
