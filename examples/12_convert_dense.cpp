// Makes a ternary model of one that was trained with floats. Rounding its weights ruins it;
// training them on, with the quantisation phased in and the dense model as a teacher, does not.

#include <trilith/io/families.hpp>
#include <trilith/io/llama2c.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <filesystem>

#include "complain.hpp"
#include "convert_dense_options.hpp"
#include "interrupt.hpp"
#include "training_progress.hpp"

namespace tl = trilith;

// [blueprints]
using dense_llama = tl::presets::llama_f32<tl::rotary::interleaved>;
// Two that io::load knows, so that what is saved here runs everywhere.
using ternary = tl::families::llama_bitlinear<tl::weights::f32>;
using ternary_with_sub_norms = tl::families::bitnet<tl::silu, tl::weights::f32>;
// [blueprints]

struct texts {
  tl::text::tokenizer words;
  tl::token_file train, validation;
};

tl::result<tl::token_file> tokens_of(const std::string& text, const std::string& path,
                                     const tl::text::tokenizer& words) {
  const std::vector<std::string> files{text};
  if (auto made = tl::write_tokens(path, words, files); !made) return std::move(made).error();
  return tl::open_tokens(path, words);
}

tl::result<texts> prepare(const convert_dense_line& line) {
  auto words = tl::text::load_tokenizer(line.tokenizer);
  if (!words) return std::move(words).error();
  std::filesystem::create_directories(line.run);
  auto train = tokens_of(line.corpus, line.run + "/train.tokens", *words);
  if (!train) return std::move(train).error();
  auto validation = tokens_of(line.validation, line.run + "/validation.tokens", *words);
  if (!validation) return std::move(validation).error();
  return texts{std::move(*words), std::move(*train), std::move(*validation)};
}

/// One of the three models: how well it predicts, and what it writes.
template <class Model, class Learner>
double show(const char* name, const Model& model, Learner& learner, const texts& corpus,
            const tl::batches_in_order& checks, const convert_dense_line& line) {
  const auto found = tl::validate(learner, checks, line.validation_batches);
  if (line.says_outcome_alone) return found.bits_per_byte;
  auto packed = tl::pack(model);
  const std::size_t bytes = tl::parameter_bytes(packed);
  const tl::text_model<decltype(packed)> teller{std::move(packed), corpus.words};
  std::string text = line.prompt;
  (void)tl::generate(teller, line.prompt, {.max_tokens = 60, .sampling = {.temperature = 0}},
                     [&](std::string_view piece) {
                       text += piece;
                       return true;
                     });
  for (char& c : text)
    if (c == '\n') c = ' ';
  std::printf("%-15s %.4f bits/byte, perplexity %.2f, %zu kB\n    \"%s\"\n", name,
              found.bits_per_byte, found.perplexity, bytes / 1000, text.c_str());
  std::fflush(stdout);
  return found.bits_per_byte;
}

template <class Model>
int save(const Model& model, const texts& corpus, const std::string& path) {
  const auto words = tl::text::serialize(corpus.words);
  if (auto saved = tl::io::save(tl::pack(model), path, {.tokenizer = words}); !saved)
    return complain(saved.error());
  std::printf("saved %s; try tools/demo --model %s\n", path.c_str(), path.c_str());
  return 0;
}

// [options]
tl::train_options options_of(const convert_dense_line& line, const tl::executor& threads) {
  tl::train_options options{.steps = line.steps, .micro_batch = line.micro_batch};
  options.schedule = tl::cosine{.warmup = line.warmup, .last = 0.05};
  options.lambda_warmup = line.lambda_warmup;
  options.validate_every = line.validate_every;
  options.validation_batches = line.validation_batches;
  options.log = line.run + "/log.csv";
  options.curve = line.run + "/curve.svg";
  options.threads = threads;
  return options;
}
// [options]

// [convert]
template <class Blueprint>
int convert(const convert_dense_line& line, const tl::dense<dense_llama>& dense,
            const texts& corpus) {
  auto teacher_model = tl::adopt<tl::latent<dense_llama>>(dense);
  auto model = tl::adopt<tl::latent<Blueprint>>(dense);
  if (!teacher_model) return complain(teacher_model.error());
  if (!model) return complain(model.error());
  const auto batches = tl::make_batches(corpus.train, line.batch);
  if (!batches) return complain(batches.error());
  const auto checks = tl::make_batches_in_order(
      corpus.validation, {.batch = line.micro_batch, .length = line.batch.length});
  if (!checks) return complain(checks.error());

  const tl::thread_pool threads(line.threads);
  const tl::pass_options room{
      .sequences = line.micro_batch, .length = line.batch.length, .blends = true};
  tl::training_pass teacher(*teacher_model, room, threads.get());
  tl::training_pass student(*model, room, threads.get());
  tl::distillation learner(student, teacher, line.beta);
  show("dense", *teacher_model, teacher, corpus, *checks, line);
  const double rounded = show("rounded", *model, student, corpus, *checks, line);

  tl::train_options options = options_of(line, threads.get());
  training_progress_line progress(50);
  const interrupt_guard interrupts;
  const auto stop = [] { return was_interrupted != 0; };
  options.on_event = progress;
  options.stop = stop;
  const tl::adamw optimiser{.rate = line.rate, .decay = line.decay};
  const auto done = tl::train(learner, {*batches, &*checks}, optimiser, options);
  if (!done) return complain(done.error());
  progress.end_line();

  student.requantize();  // all of it, where the run was stopped during the warm-up
  const double converted = show("converted", *model, student, corpus, *checks, line);
  std::printf("training on beats rounding: %s\n", converted < rounded ? "yes" : "no");
  const int exit_code = save(*model, corpus, line.run + "/model.safetensors");
  return done->steps_left != 0 ? 130 : exit_code;  // as programs that Ctrl-C ends
}
// [convert]

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_convert_dense(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto dense = tl::io::load_llama2c<tl::dense<dense_llama>>(line->model);
  if (!dense) return complain(dense.error());
  const auto corpus = prepare(*line);
  if (!corpus) return complain(corpus.error());
  return line->has_sub_norms ? convert<ternary_with_sub_norms>(*line, *dense, *corpus)
                             : convert<ternary>(*line, *dense, *corpus);
}
