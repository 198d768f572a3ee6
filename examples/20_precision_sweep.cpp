// A precision experiment at compile time: the teller of tales that comes with the project under
// schemes it was not trained for, and what each costs in quality, memory and time. A scheme is a
// type, so the loop over schemes is a loop over types.

#include <trilith/infer/perplexity.hpp>
#include <trilith/io/load.hpp>
#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

#include <chrono>
#include <limits>

#include "complain.hpp"
#include "progress.hpp"
#include "shipped_model.hpp"
#include "sweep_options.hpp"
#include "train_small.hpp"

namespace tl = trilith;
namespace hana = boost::hana;
namespace act = trilith::activations;

// [blueprint]
/// The shipped model's architecture under the schemes of a point.
template <class Attention, class Ffn>
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<Attention, tl::sub_norm<>>,
                                    tl::gated_ffn<Ffn, tl::relu_squared, tl::sub_norm<>>>;
template <class Point>
using blueprint = tl::decoder<block<typename Point::attention_scheme, typename Point::ffn_scheme>,
                              tl::presets::int8_head>;

using as_trained = tl::scheme<tl::weights::ternary<>, act::int8<>, tl::backends::automatic>;
using shipped = tl::decoder<block<as_trained, as_trained>, tl::presets::int8_head>;
// [blueprint]

// [lists]
namespace axes {
constexpr auto weights = hana::tuple_t<tl::weights::ternary<>>;
constexpr auto activations =
    hana::tuple_t<act::int8<>, act::f8<>, act::int4<>, act::int4<act::absmax_range>, act::fp4,
                  act::mxfp4, act::top_k<50>, act::hadamard<act::int4<>>>;
constexpr auto caches = hana::tuple_t<tl::kv::f32, tl::kv::int3>;
constexpr auto places =
    hana::tuple_t<tl::placement::everywhere, tl::placement::attention_only<as_trained>,
                  tl::placement::ffn_only<as_trained>>;
}  // namespace axes
constexpr std::size_t points =
    tl::sweep_size<axes::weights, axes::activations, axes::caches, axes::places>;
static_assert(points == 48);
// [lists]

constexpr double no_figure = std::numeric_limits<double>::quiet_NaN();

/// Bits a byte of a text, and tokens a second.
template <class Model>
tl::result<tl::sweep_figures> measure(const Model& model, const sweep_line& line,
                                      const std::vector<std::int32_t>& tokens, std::size_t bytes,
                                      tl::kv_format kv) {
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  const auto found = tl::perplexity(model, tokens, {.threads = line.threads, .kv = kv},
                                    [](const tl::likelihood&, double) { return true; });
  if (!found) return found.error();
  const double seconds = std::chrono::duration<double>(clock::now() - start).count();
  return tl::sweep_figures()
      .add("bits a byte", found->bits_per_byte(tokens.size(), bytes))
      .add("tokens/s", line.has_times ? static_cast<double>(tokens.size()) / seconds : no_figure);
}

// [sweep]
tl::result<tl::sweep_table> sweep(const tl::dense<shipped>& teller, const sweep_line& line,
                                  const std::vector<std::int32_t>& tokens, std::size_t bytes) {
  progress_line bar("sweeping");
  tl::status outcome = tl::done{};
  std::size_t done = 0;
  tl::sweep_table table = tl::sweep<axes::weights, axes::activations, axes::caches, axes::places>(
      [&](auto point, tl::sweep_row& row) -> tl::sweep_figures {
        using p = decltype(point);
        tl::fill_sizes<blueprint<p>, typename p::kv, tl::packing::base3>(row, teller.sizes);
        bar(static_cast<double>(done++) / points, row.activations.c_str());
        const auto floats = tl::adopt<tl::dense<blueprint<p>>>(teller).value();
        const auto model = tl::requantize<tl::packing::base3>(floats);
        const auto found = measure(model, line, tokens, bytes, typename p::kv{});
        if (!found) outcome = found.error();
        return found ? *found : tl::sweep_figures();
      });
  bar.clear();
  if (!outcome) return std::move(outcome).error();
  return table;
}
// [sweep]

// [trained]
namespace trained {
constexpr auto weights = hana::tuple_t<tl::weights::ternary<>, tl::weights::binary<>>;
constexpr auto activations = hana::tuple_t<act::int8<>, act::int4<>>;
}  // namespace trained

/// Bits a byte of one scheme that was trained from nothing, on the batches that all of them see.
template <class Blueprint>
tl::result<tl::sweep_figures> train_one(const training_line& line, const training_corpus& corpus) {
  const tl::thread_pool threads(line.threads);
  tl::latent<Blueprint> model(line.sizes);
  tl::fill_random(model, line.batch.seed);
  tl::training_pass pass(model, {.sequences = line.micro_batch, .length = line.batch.length},
                         threads.get());
  const auto done = train_small(pass, corpus, line, threads.get());
  if (!done) return done.error();
  return tl::sweep_figures().add("bits a byte", done->validation.bits_per_byte);
}

tl::result<tl::sweep_table> train_all(const training_line& line) {
  const auto corpus = prepare_corpus(line);
  if (!corpus) return corpus.error();
  training_line sized = line;
  sized.sizes.vocab = corpus->words.size();
  tl::status outcome = tl::done{};
  tl::sweep_table table = tl::sweep<trained::weights, trained::activations>(
      [&](auto point, tl::sweep_row& row) -> tl::sweep_figures {
        using p = decltype(point);
        tl::fill_sizes<blueprint<p>, typename p::kv, tl::packing::base3>(row, sized.sizes);
        std::fprintf(stderr, "%s, %s\n", row.weights.c_str(), row.activations.c_str());
        if (was_interrupted != 0) return {};
        const auto found = train_one<blueprint<p>>(sized, *corpus);
        if (!found) outcome = found.error();
        return found ? *found : tl::sweep_figures();
      });
  if (!outcome) return std::move(outcome).error();
  return table;
}
// [trained]

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_sweep(argc, argv, exit_code);
  if (!line) return exit_code;
  if (line->training.steps != 0) {
    const interrupt_guard interrupts;
    const auto table = train_all(line->training);
    return table ? show(*table, *line) : complain(table.error());
  }
  auto model = tl::io::load<tl::packed<shipped, tl::packing::base3>>(shipped_model);
  if (!model) return complain(model.error());
  const auto tokens = first_tokens(*line, model->tokenizer);
  if (!tokens) return complain(tokens.error());
  const auto table = sweep(tl::dequantize(model->model), *line, tokens->tokens, tokens->bytes);
  if (!table) return complain(table.error());
  return show(*table, *line);
}
