#ifndef TRILITH_TEST_FUZZ_SAFETENSORS_MUTATOR_HPP
#define TRILITH_TEST_FUZZ_SAFETENSORS_MUTATOR_HPP

#include <algorithm>
#include <cstring>

#include "fuzz.hpp"

namespace fuzz {

/// Mutates the header or the tensors of a safetensors file and says the header's new length, which
/// a plain mutation of the header leaves wrong. One time in four the mutation is a plain one.
inline std::size_t mutate_safetensors(unsigned char* data, std::size_t size, std::size_t max_size,
                                      unsigned seed) {
  random next(seed);
  std::uint64_t length = 0;
  if (size >= 8) std::memcpy(&length, data, 8);
  if (size < 8 || length > size - 8 || next.below(4) == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  bytes header(data + 8, data + 8 + length), tensors(data + 8 + length, data + size);
  mutate(next.below(3) == 0 && !tensors.empty() ? tensors : header, max_size - size);
  if (8 + header.size() + tensors.size() > max_size) return size;
  length = header.size();
  std::memcpy(data, &length, 8);
  std::copy(header.begin(), header.end(), data + 8);
  std::copy(tensors.begin(), tensors.end(), data + 8 + length);
  return 8 + header.size() + tensors.size();
}

}  // namespace fuzz

#endif
