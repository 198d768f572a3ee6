// BitNet a4.8 and BitNet v2, trained from nothing beside their relatives: float32, b1.58, binary
// weights, and int4 everywhere, which is one bit too few. Each model whose activations end at four
// bits trains with eight first, and keeps the optimiser's state when it changes.

#include <trilith/infer/perplexity.hpp>
#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>

#include "a48_options.hpp"
#include "complain.hpp"
#include "train_small.hpp"

namespace tl = trilith;
namespace act = trilith::activations;

// [blueprints]
template <class Attention, class Ffn = Attention, class Gate = tl::relu_squared>
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<Attention, tl::sub_norm<>>,
                                    tl::gated_ffn<Ffn, Gate, tl::sub_norm<>>>;
using b1_58 = tl::presets::b1_58_scheme;
using floats = tl::presets::f32_scheme;
using a4 = b1_58::with_activations<act::int4<>>;

using float_block = block<floats>;
using binary_block = block<tl::presets::b1_scheme>;
using b1_58_block = block<b1_58>;
using a4_8_block = block<a4::with_output<act::top_k<50>>, a4::with_output<act::int8<>>>;
using v2_block = block<tl::presets::v2_scheme<>, tl::presets::v2_scheme<>, tl::silu>;
using v2_first_block =
    block<tl::presets::v2_scheme<act::int8<>>, tl::presets::v2_scheme<act::int8<>>, tl::silu>;
using int4_block = block<a4>;

using int8_head = tl::presets::int8_head;
/// First with eight bits, then with four.
template <class First, class Last>
using staged = tl::decoder<tl::staged_block<First, Last>, int8_head>;
// [blueprints]

struct experiment {
  const a48_line& line;
  const training_corpus& corpus;
  tl::sweep_table table;
};

// [active]
/// Of the weights of all blocks those that meet an activation that is not zero: what a kernel that
/// skips zeros reads. The rows of Wup that a closed gate drops are not read, either.
template <class Pass>
double active_share(Pass& pass, const tl::shape& s) {
  const auto d = static_cast<double>(s.dim), f = static_cast<double>(s.ffn_dim);
  double read = 0, ffn = 1;
  pass.count_zeros([&](std::size_t, std::string_view name, std::size_t zeros, std::size_t values) {
    const double used = 1 - static_cast<double>(zeros) / static_cast<double>(values);
    if (name == "attention") read += 3 * d * d * used;
    if (name == "output") read += d * d * used;
    if (name == "ffn") read += d * f * (ffn = used);  // those of the gate
    if (name == "down") read += f * d * used;
    if (name == "gate") read += d * f * ffn * used;  // those of up
  });
  return read / (static_cast<double>(s.layers) * (4 * d * d + 3 * d * f));
}
// [active]

/// Loss of narrower caches, as a share of the one without.
template <class Model>
void add_caches(const Model& model, const experiment& e, tl::sweep_figures& to) {
  std::vector<std::int32_t> tokens(std::min<std::size_t>(e.corpus.validation.size(), 20'000));
  e.corpus.validation.copy(0, tokens);
  const auto loss = [&](tl::kv_format kv) {
    const auto found =
        tl::perplexity(model, tokens, {.threads = e.line.training.threads, .kv = kv},
                       [](const tl::likelihood&, double) { return was_interrupted == 0; });
    return found ? found->mean() : 0.0;
  };
  const double whole = loss(tl::kv::f16{});
  for (const tl::kv_format& kv : {tl::kv_format(tl::kv::int8{}), tl::kv_format(tl::kv::int4{}),
                                  tl::kv_format(tl::kv::int3{})})
    to.add(tl::join("kv ", kv.name, " %"), 100 * (loss(kv) / whole - 1));
}

// [train]
template <class Blueprint, class Final = Blueprint>
int train(const char* name, experiment& e, std::uint64_t last_stage = 0) {
  const training_line& line = e.line.training;
  tl::latent<Blueprint> model(line.sizes);
  tl::fill_random(model, line.batch.seed);
  const tl::thread_pool threads(line.threads);
  tl::training_pass pass(model, {.sequences = line.micro_batch, .length = line.batch.length},
                         threads.get());

  std::fprintf(stderr, "%s\n", name);
  const auto done = train_small(pass, e.corpus, line, threads.get(), last_stage);
  if (!done) return complain(done.error());
  if (done->steps_left != 0) return 130;

  tl::sweep_row row{.weights = name};
  row.activations = Final::block::attention_layer::scheme::activations::name;
  tl::sweep_figures found;
  found.add("bits a byte", done->validation.bits_per_byte);
  found.add("active %", 100 * active_share(pass, line.sizes));
  add_caches(tl::pack(tl::adopt<tl::latent<Final>>(model).value()), e, found);
  e.table.add(std::move(row), found);
  return 0;
}
// [train]

template <class First, class Last>
int train_staged(const char* name, experiment& e) {
  const std::uint64_t steps = e.line.training.steps;
  return train<staged<First, Last>, tl::decoder<Last, int8_head>>(
      name, e, steps - steps * e.line.last_percent / 100);
}

int main(int argc, char** argv) {
  int exit_code = 0;
  auto line = parse_a48(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto corpus = prepare_corpus(line->training);
  if (!corpus) return complain(corpus.error());
  line->training.sizes.vocab = corpus->words.size();
  const interrupt_guard interrupts;
  experiment e{*line, *corpus, {}};
  // [runs]
  exit_code = train<tl::decoder<float_block, tl::tied_head<tl::weights::f32>>>("float32", e) != 0 ||
              train<tl::decoder<b1_58_block, int8_head>>("b1.58", e) != 0 ||
              train_staged<b1_58_block, a4_8_block>("a4.8", e) != 0 ||
              train_staged<v2_first_block, v2_block>("v2", e) != 0 ||
              train_staged<b1_58_block, int4_block>("int4 everywhere", e) != 0 ||
              train<tl::decoder<binary_block, int8_head>>("binary", e) != 0;
  // [runs]
  std::printf("%s", e.table.markdown().c_str());
  return was_interrupted != 0 ? 130 : exit_code;
}
