// Any bytes as a native checkpoint, loaded as packed and dense models of tiny blueprints.
#include <trilith/io/checkpoint.hpp>

#include "checkpoint_models.hpp"
#include "safetensors_mutator.hpp"

namespace io = trilith::io;

namespace {

template <class M>
void load(const io::safetensors_file& file) {
  const auto model = io::load_checkpoint<M>(file);
  if (!model) return fuzz::expect_named(model.error());
  fuzz::models::check(*model);
  if constexpr (trilith::Packed<M>) fuzz::models::check(trilith::dequantize(*model));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto file = io::parse_safetensors({data, size}, fuzz::input_name);
  if (!file) return 0;
  load<fuzz::models::checkpoint_ternary>(*file);
  load<fuzz::models::checkpoint_grouped>(*file);
  load<fuzz::models::checkpoint_binary>(*file);
  load<fuzz::models::checkpoint_dense>(*file);
  if (const auto words = io::embedded_tokenizer(*file)) fuzz::touch(fuzz::view(*words));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return fuzz::mutate_safetensors(data, size, max_size, seed);
}
