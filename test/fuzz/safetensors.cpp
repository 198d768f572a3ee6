// Any bytes as a safetensors file: what is accepted has tensors inside the file that do not
// overlap.
#include <trilith/io/safetensors.hpp>

#include "fuzz.hpp"
#include "safetensors_mutator.hpp"

namespace io = trilith::io;

namespace {

void walk(const io::safetensors_file& file, fuzz::view input) {
  std::uint64_t total = 0;
  for (const io::tensor_entry& t : file.tensors()) {
    fuzz::expect(file.find(t.name) == &t, "a tensor is not found by its name.");
    fuzz::expect(t.offset <= input.size() && t.bytes <= input.size() - t.offset,
                 "a tensor is not inside the file.");
    fuzz::touch(file.bytes(t));
    total += t.bytes;
  }
  fuzz::expect(total <= input.size(), "tensors overlap.");
  for (const io::metadata_pair& m : file.metadata()) {
    fuzz::touch(m.value);
    const std::string* const found = file.find_metadata(m.key);
    fuzz::expect(found != nullptr && *found == m.value, "a key has two values.");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto file = io::parse_safetensors({data, size}, fuzz::input_name);
  if (file)
    walk(*file, {data, size});
  else
    fuzz::expect_named(file.error());
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return fuzz::mutate_safetensors(data, size, max_size, seed);
}
