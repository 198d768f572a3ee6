// The full decoder of the first example: a blueprint, loaded, packed and run, with this many
// layers.
#include <trilith/trilith.hpp>

#ifndef LAYERS
#define LAYERS 30
#endif

namespace tl = trilith;

using ternary =
    tl::scheme<tl::weights::ternary<>, tl::activations::int8<>, tl::backends::automatic>;
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<ternary, tl::sub_norm<>>,
                                    tl::gated_ffn<ternary, tl::relu_squared, tl::sub_norm<>>>;
using bitnet = tl::decoder<block, tl::tied_head<tl::weights::bf16>,
                           tl::fixed<tl::shape{.dim = 2560,
                                               .ffn_dim = 6912,
                                               .layers = LAYERS,
                                               .heads = 20,
                                               .kv_heads = 5,
                                               .head_dim = 128,
                                               .vocab = 128256,
                                               .context = 4096}>>;

float run(const tl::packed<bitnet>& model, std::span<const std::int32_t> tokens) {
  auto session = tl::session<tl::packed<bitnet>>::open(model).value();
  (void)session.append(0, tokens).value();
  return session.logits(0)[0];
}
