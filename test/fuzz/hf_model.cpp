// A config.json and, behind a byte 0, a model.safetensors, as a Hugging Face directory: opened, and
// loaded as five blueprints.
#include "model_source.hpp"
#include "safetensors_mutator.hpp"
#include "scratch_directory.hpp"

namespace {

/// Bytes of the config.
[[nodiscard]] std::size_t config_size(fuzz::view input) {
  return std::min(fuzz::text_of(input).find('\0'), input.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const fuzz::scratch_directory at;
  const fuzz::view input(data, size);
  const std::size_t end = config_size(input);
  at.write("config.json", input.subspan(0, end));
  at.write("model.safetensors", input.subspan(std::min(end + 1, size)));
  fuzz::load_as_all(at.path(), at.path());
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  const std::size_t end = config_size({data, size});
  fuzz::random next(~seed);
  if (end == size || next.below(8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  if (next.below(3) != 0)
    return end + 1 +
           fuzz::mutate_safetensors(data + end + 1, size - end - 1, max_size - end - 1, seed);
  fuzz::bytes config(data, data + end);
  const fuzz::bytes rest(data + end, data + size);
  fuzz::mutate(config, max_size - size);
  if (config.size() + rest.size() > max_size) return size;
  std::copy(config.begin(), config.end(), data);
  std::copy(rest.begin(), rest.end(), data + config.size());
  return config.size() + rest.size();
}
