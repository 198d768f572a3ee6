// A small training program for test/train_kill.py to kill: it makes its corpus, and goes on from
// its last checkpoint. train_tiny DIRECTORY [--progress]
#include <trilith/train.hpp>

#include <cstdio>

#include "../../examples/complain.hpp"
#include "../../examples/interrupt.hpp"
#include "../../examples/training_progress.hpp"
#include "tiny_learner.hpp"
#include "unit/train_data_fixture.hpp"

namespace {

namespace tl = trilith;

/// 77, for "skipped", in a build without JSON.
int ended_by(const tl::error& why) {
  return why.code == tl::errc::unsupported ? 77 : complain(why);
}

tl::result<tl::token_file> corpus_in(const std::string& directory) {
  const std::string text = directory + "/tale.txt", tokens = directory + "/tale.tokens";
  const auto words = test::small_tokenizer();
  if (auto there = tl::open_tokens(tokens, words)) return there;
  test::write_file(text, test::tale(2000, 1));
  if (auto made = tl::write_tokens(tokens, words, test::paths{text}); !made)
    return std::move(made).error();
  return tl::open_tokens(tokens, words);
}

int run(const std::string& directory, bool has_progress) {
  const auto corpus = corpus_in(directory);
  if (!corpus) return ended_by(corpus.error());
  const auto train = tl::make_batches(*corpus, {.batch = 16, .length = 32, .seed = 3});
  const auto checked = tl::make_batches_in_order(*corpus, {.batch = 8, .length = 32});
  if (!train) return ended_by(train.error());
  if (!checked) return ended_by(checked.error());
  tl::train_options o{.steps = 300, .micro_batch = 8, .schedule = tl::two_stage{.warmup = 20}};
  o.lambda_warmup = 50;
  o.validate_every = 50;
  o.checkpoint_every = 10;
  o.checkpoints = directory + "/checkpoints";
  o.resume = true;
  o.log = directory + "/log.csv";
  o.curve = directory + "/curve.svg";
  training_progress_line line;
  if (has_progress) o.on_event = line;
  const interrupt_guard guard;
  o.stop = [] { return was_interrupted != 0; };
  test::tiny_learner learner(corpus->facts().vocabulary);
  const auto done = tl::train(learner, {*train, &*checked}, tl::muon_grokfast{.rate = 0.02}, o);
  if (!done) return ended_by(done.error());
  return done->steps_left == 0 ? 0 : 130;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 || argc == 3) return run(argv[1], argc == 3);
  std::fprintf(stderr, "usage: train_tiny DIRECTORY [--progress]\n");
  return 2;
}
