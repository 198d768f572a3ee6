#ifndef TRILITH_TEST_FUZZ_HPP
#define TRILITH_TEST_FUZZ_HPP

#include <trilith/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What all fuzz targets share. docs/fuzzing.md says how they are run.
namespace fuzz {

using bytes = std::vector<unsigned char>;
using view = std::span<const unsigned char>;

/// What errors call the input.
inline constexpr std::string_view input_name = "the input";

/// A property that holds for every input; where it does not, the run ends with the sentence.
inline void expect(bool holds, std::string_view sentence) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  std::abort();
}

/// An error is a sentence that names the file, and is text.
inline void expect_named(const trilith::error& why, std::string_view name = input_name) {
  expect(why.message.find(name) != std::string::npos, "an error does not name the file.");
  expect(why.message.size() < 4096, "an error repeats more of the file than anyone would read.");
}

/// Reads every byte, so that AddressSanitizer sees each.
inline void touch(view memory) {
  unsigned sum = 0;
  for (const unsigned char byte : memory) sum += byte;
  volatile unsigned sink = sum;
  (void)sink;
}
inline void touch(std::string_view text) {
  touch({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

[[nodiscard]] inline std::string_view text_of(view memory) {
  return {reinterpret_cast<const char*>(memory.data()), memory.size()};
}

}  // namespace fuzz

/// Provided by libFuzzer.
extern "C" std::size_t LLVMFuzzerMutate(unsigned char* data, std::size_t size,
                                        std::size_t max_size);
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace fuzz {

/// A mutation of a part of an input, which may grow by `room` bytes.
inline void mutate(bytes& part, std::size_t room) {
  const std::size_t size = part.size();
  part.resize(size + room + 1);
  part.resize(LLVMFuzzerMutate(part.data(), size, part.size()));
}

/// Small random numbers for mutators: std::mt19937 costs more than most mutations.
class random {
 public:
  explicit random(unsigned seed) : state_(seed * 2654435761u + 1) {}
  [[nodiscard]] std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return n == 0 ? 0 : static_cast<std::size_t>(state_ >> 33) % n;
  }

 private:
  std::uint64_t state_;
};

}  // namespace fuzz

#endif
