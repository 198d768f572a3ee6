// A small training program for test/train_kill.py to kill: it makes its corpus, and goes on from
// its last checkpoint. train_tiny DIRECTORY
#include <trilith/train.hpp>

#include <cstdio>

#include "tiny_learner.hpp"
#include "unit/train_data_fixture.hpp"

namespace {

namespace tl = trilith;

int complain(const tl::error& why) {
  std::fprintf(stderr, "error: %s\n", why.message.c_str());
  return why.code == tl::errc::unsupported ? 77 : 1;
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

int run(const std::string& directory) {
  const auto corpus = corpus_in(directory);
  if (!corpus) return complain(corpus.error());
  const auto train = tl::make_batches(*corpus, {.batch = 16, .length = 32, .seed = 3});
  const auto checked = tl::make_batches_in_order(*corpus, {.batch = 8, .length = 32});
  if (!train) return complain(train.error());
  if (!checked) return complain(checked.error());
  tl::train_options o{.steps = 300, .micro_batch = 8, .schedule = tl::two_stage{.warmup = 20}};
  o.lambda_warmup = 50;
  o.validate_every = 50;
  o.checkpoint_every = 10;
  o.checkpoints = directory + "/checkpoints";
  o.resume = true;
  o.log = directory + "/log.csv";
  o.curve = directory + "/curve.svg";
  test::tiny_learner learner(corpus->facts().vocabulary);
  const auto done = tl::train(learner, {*train, &*checked}, tl::muon_grokfast{.rate = 0.02}, o);
  return done ? 0 : complain(done.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) return run(argv[1]);
  std::fprintf(stderr, "usage: train_tiny DIRECTORY\n");
  return 2;
}
