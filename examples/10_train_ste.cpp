// Trains a language model with 1-bit weights on text files: from the corpus through a vocabulary of
// its own to a packed model that 03_generate loads. It shows samples while it learns, and a run
// that was ended in any way goes on with --resume as if nothing had happened.

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
using blueprint =
    tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<Scheme, tl::sub_norm<>>,
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
  const auto words = tl::text::serialize(corpus.words);
  const auto packed = tl::pack<tl::packing::base3>(model);
  if (auto saved = tl::io::save(packed, path, {.tokenizer = words}); !saved)
    return complain(saved.error());
  std::printf("saved %s: %.2f MB; try tools/demo --model %s\n", path.c_str(),
              static_cast<double>(tl::parameter_bytes(packed)) / 1e6, path.c_str());
  return 0;
}

// [train]
/// The loop itself is compiled once for each optimiser, whatever the blueprint.
tl::result<tl::training_summary> run(tl::any_learner learner, const training_line& line,
                                     const tl::training_data& data,
                                     const tl::train_options& options) {
  if (line.optimiser == "muon")
    return tl::train(learner, data,
                     tl::muon{.rate = line.rate, .decay = line.decay, .others = line.others},
                     options);
  if (line.optimiser == "muon_grokfast")
    return tl::train(
        learner, data,
        tl::muon_grokfast{.rate = line.rate, .decay = line.decay, .others = line.others}, options);
  return tl::train(learner, data, tl::adamw{.rate = line.rate, .decay = line.decay}, options);
}

template <class Blueprint>
int train(const training_line& line, const training_corpus& corpus) {
  tl::latent<Blueprint> model(line.sizes);
  tl::fill_random(model, line.batch.seed);
  const tl::thread_pool threads(line.threads);
  tl::training_pass pass(model, room_of(line), threads.get());

  const auto batches = tl::make_batches(corpus.train, line.batch);
  if (!batches) return complain(batches.error());
  const auto checks = tl::make_batches_in_order(
      corpus.validation, {.batch = line.micro_batch, .length = line.batch.length});
  if (!checks) return complain(checks.error());

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
  tl::train_options options = options_of(line);
  options.threads = threads.get();
  options.on_event = watch;
  options.stop = stop;
  const auto done = run(tl::any_learner(pass), line, {*batches, &*checks}, options);
  if (!done) return complain(done.error());
  if (done->steps_left == 0) return save(model, corpus, line);
  std::printf("stopped after step %llu; go on with --resume\n",
              static_cast<unsigned long long>(done->last.step));
  return 130;  // as programs that Ctrl-C ends
}
// [train]

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
  line->sizes.vocab = corpus->words.size();  // a run's own vocabulary may be an earlier one
  std::printf("%zu tokens to learn from, %zu to validate on\n", corpus->train.size(),
              corpus->validation.size());
  using namespace tl::rules;
  namespace weights = tl::weights;
  const auto train_if = [&]<class Blueprint>(const char* name, int& code) {
    if (line->weights != name) return false;
    code = train<Blueprint>(*line, *corpus);
    return true;
  };
  (void)(train_if.operator()<ternary>("ternary", exit_code) ||
         train_if.operator()<full_precision>("f32", exit_code) ||
         train_if.operator()<blueprint<scheme<weights::binary<>>>>("binary", exit_code) ||
         train_if.operator()<blueprint<scheme<weights::ternary<learned_step>>>>("learned_step",
                                                                                exit_code) ||
         train_if.operator()<blueprint<scheme<weights::ternary<learned_scale<>>>>>("learned_scale",
                                                                                   exit_code));
  return exit_code;
}
