// The program on the first screen of README.md; the test check.docs compiles it.

// [program]
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
  using model = tl::packed<bitnet, tl::packing::base3>;  // 1.6 bits a weight
  tl::text_model<model> teller{tl::io::load_checkpoint<model>("model.safetensors").value(),
                               tl::text::load_tokenizer("tokenizer.model").value()};
  std::puts(tl::describe(teller.model).c_str());

  auto told = tl::generate(
      teller, "The capital of France is", {.max_tokens = 32},
      [](std::string_view piece) { std::fwrite(piece.data(), 1, piece.size(), stdout); });
  std::printf("\n%zu tokens\n", told.value().tokens);
}
// [program]
