// Code that only the pages show; the test check.docs compiles it.

// [program]
#include <trilith/io/load.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>

namespace tl = trilith;

using ternary = tl::scheme<tl::weights::ternary<>,    // {-1, 0, +1}, one absmean scale per matrix
                           tl::activations::int8<>,   // one absmax scale per token
                           tl::backends::automatic>;  // the best kernel this CPU has
using block = tl::transformer_block<tl::rms_norm<>,   //
                                    tl::attention<ternary, tl::sub_norm<>>,
                                    tl::gated_ffn<ternary, tl::relu_squared, tl::sub_norm<>>>;
using bitnet = tl::decoder<block, tl::tied_head<tl::weights::bf16>>;

int main() {
  // a GGUF file or a Hugging Face directory; trits of any layout become 1.6 bits a weight
  auto teller = tl::io::load<tl::packed<bitnet, tl::packing::base3>>("bitnet-b1.58-2B-4T").value();
  std::puts(teller.report.text().c_str());  // what the file was taken for, and what was repaired

  auto told = tl::generate(
      teller, "The capital of France is", {.max_tokens = 32},
      [](std::string_view piece) { std::fwrite(piece.data(), 1, piece.size(), stdout); });
  std::printf("\n%zu tokens\n", told.value().tokens);
}
// [program]

tl::status save(const tl::text_model<tl::packed<bitnet>>& teller) {
  // [save]
  auto saved = tl::io::save(teller.model, "tiny.safetensors",
                            {.tokenizer = tl::text::serialize(teller.tokenizer),
                             .metadata = {{"name", "tiny"}, {"licence", "MIT"}}});
  // [save]
  return saved;
}

tl::status tell_fast() {
  const auto print = [](std::string_view piece) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
  };
  // [fast]
  using small = tl::packed<tl::presets::bitnet_b1_58_2b4t_int8, tl::packing::base3>;
  auto teller = tl::io::load<small>("bitnet-b1.58-2B-4T");
  if (!teller) return std::move(teller).error();
  auto told = tl::generate(*teller, "The capital of France is",
                           {.threads = 2, .kv = tl::kv::f16{}, .pin_threads = true}, print);
  // [fast]
  return told ? tl::status(tl::done{}) : std::move(told).error();
}

tl::status load() {
  // [load]
  auto model = tl::io::load_checkpoint<tl::packed<bitnet>>("tiny.safetensors");
  if (!model) return std::move(model).error();
  auto words = tl::io::embedded_tokenizer("tiny.safetensors");
  if (!words) return std::move(words).error();
  auto tokenizer = tl::text::parse_tokenizer(*words, "tiny.safetensors");
  // [load]
  if (!tokenizer) return std::move(tokenizer).error();
  return tl::done{};
}

// [train_data]
#include <trilith/train/batches.hpp>
#include <trilith/train/vocabulary.hpp>
#include <trilith/train/write_tokens.hpp>

tl::status prepare(void (*learn)(const tl::token_batch&)) {
  const std::vector<std::string> files{"grimm.txt", "andersen.txt"};
  auto words = tl::train_vocabulary(files, {.size = 4096, .separator = "<|endoftext|>"});
  if (!words) return std::move(words).error();
  auto facts = tl::write_tokens("tales.tokens", *words, files, {.separator = "<|endoftext|>"});
  if (!facts) return std::move(facts).error();

  auto corpus = tl::open_tokens("tales.tokens", *words);
  if (!corpus) return std::move(corpus).error();
  auto train = tl::make_batches(*corpus, {.batch = 32, .length = 256, .seed = 1});
  if (!train) return std::move(train).error();
  for (std::uint64_t step = 0; step < 20'000; ++step) learn(train->at(step));
  return tl::done{};
}
// [train_data]

// [train]
#include <trilith/train.hpp>

template <tl::Learner L>
tl::status learn(L& learner, const tl::token_file& tales, const tl::token_file& held_out) {
  auto train = tl::make_batches(tales, {.batch = 32, .length = 256, .seed = 1});
  auto check = tl::make_batches_in_order(held_out, {.batch = 8, .length = 256});
  if (!train) return std::move(train).error();
  if (!check) return std::move(check).error();

  tl::train_options options{.steps = 20'000, .micro_batch = 8};
  options.schedule = tl::two_stage{.warmup = 375};
  options.validate_every = 500;
  options.checkpoint_every = 500;
  options.checkpoints = "run/checkpoints";
  options.resume = true;  // after a stop, a kill or a loss of power: the same command again
  options.log = "run/log.csv";
  options.curve = "run/curve.svg";
  auto summary = tl::train(learner, {*train, &*check}, tl::adamw{.rate = 1.5e-3}, options);
  if (!summary) return std::move(summary).error();
  return tl::done{};
}
// [train]
