// An architecture the library has never heard of, composed from its parts (stories.hpp), loaded
// from the file of a trained model, and telling a story.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "data.hpp"
#include "stories.hpp"

namespace tl = trilith;

// Everything about the architecture is known at compile time, before there is any file.
static_assert(tl::parameter_count<tl::decoder<stories::block, tl::tied_head<tl::weights::f32>,
                                              tl::fixed<tl::shape{.dim = 128,
                                                                  .ffn_dim = 256,
                                                                  .layers = 8,
                                                                  .heads = 8,
                                                                  .kv_heads = 4,
                                                                  .head_dim = 16,
                                                                  .vocab = 512,
                                                                  .context = 512}>>> == 1'245'312);

int main() {
  const std::string weights = data_file("models/bitnet-stories-1M/model.bin");
  const std::string words = data_file("models/tok512.bin");
  if (weights.empty() || words.empty()) return 0;

  using model = tl::packed<stories::blueprint, tl::packing::base3>;
  tl::text_model<model> teller{tl::io::load_bitllama2c<model>(weights).value(),
                               tl::text::load_tokenizer(words).value()};
  std::printf("%s\n", tl::describe(teller.model).c_str());

  auto told = tl::generate(teller, "One day, Tom and his dog", {.max_tokens = 100},
                           [](std::string_view piece) {
                             std::printf("%.*s", static_cast<int>(piece.size()), piece.data());
                           });
  std::printf("\n\n%zu tokens after a prompt of %zu\n", told.value().tokens,
              told.value().prompt_tokens);
}
