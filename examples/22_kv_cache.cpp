// Keys and values in fewer bits: what each format of the cache takes for a token, exactly, and what
// it costs in quality. The formats are a list of types; two of them are made here.

#include <trilith/infer/perplexity.hpp>
#include <trilith/io/load.hpp>
#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

#include "complain.hpp"
#include "progress.hpp"
#include "shipped_model.hpp"
#include "sweep_options.hpp"

namespace tl = trilith;
namespace hana = boost::hana;

using blueprint = tl::presets::b1_58_relu<tl::shape{}, tl::presets::int8_head>;

// [formats]
// Three bits with a first token of three, too, and two bits: kv::coded<Bits, FirstBits> makes both.
constexpr auto formats =
    hana::tuple_t<tl::kv::f32, tl::kv::f16, tl::kv::bf16, tl::kv::int8, tl::kv::int4, tl::kv::int3,
                  tl::kv::coded<3, 3>, tl::kv::coded<2>>;

// BitNet b1.58 2B4T keeps 15 kB a token in 3 bits instead of 77 kB in 16.
static_assert(tl::kv_bytes_a_token<tl::kv::f16>(tl::presets::bitnet_2b4t_shape) == 76'800);
static_assert(tl::kv_bytes_a_token<tl::kv::int3>(tl::presets::bitnet_2b4t_shape) == 15'000);
// [formats]

template <class Model>
tl::sweep_table compare(const Model& model, const sweep_tokens& text, const sweep_line& line,
                        tl::status& outcome) {
  progress_line bar("scoring");
  double whole = 0;
  std::size_t done = 0;
  // [compare]
  const auto measure = [&](auto point, tl::sweep_row& row) -> tl::sweep_figures {
    using kv = typename decltype(point)::kv;
    row.kv_bytes = tl::kv_bytes_a_token<kv>(model.sizes);
    bar(static_cast<double>(done++) / 8, kv::name);
    const auto found = tl::perplexity(model, text.tokens, {.threads = line.threads, .kv = kv{}},
                                      [](const tl::likelihood&, double) { return true; });
    if (!found) {
      outcome = found.error();
      return {};
    }
    const double bits = found->bits_per_byte(text.tokens.size(), text.bytes);
    if (whole == 0) whole = bits;
    return tl::sweep_figures()
        .add("cache of 256 tokens",
             static_cast<double>(tl::kv_cache(model.sizes, 1, 256, kv{}).bytes()))
        .add("bits a byte", bits)
        .add("more, %", 100 * (bits / whole - 1));
  };
  return tl::sweep<hana::tuple_t<tl::weights::ternary<>>, hana::tuple_t<tl::activations::int8<>>,
                   formats>(measure);
  // [compare]
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_sweep(argc, argv, exit_code);
  if (!line) return exit_code;
  const auto model = tl::io::load<tl::packed<blueprint, tl::packing::base3>>(shipped_model);
  if (!model) return complain(model.error());
  const auto text = first_tokens(*line, model->tokenizer);
  if (!text) return complain(text.error());
  tl::status outcome = tl::done{};
  const auto table = compare(model->model, *text, *line, outcome);
  if (!outcome) return complain(outcome.error());
  return show(table, *line);
}
