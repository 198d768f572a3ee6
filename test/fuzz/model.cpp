// Any bytes as a GGUF file that holds a whole model, in a file that lies in memory: opened, with
// its tokenizer, and loaded as five blueprints, so that codes, scales, shapes and names are what
// the input says.
#include <sys/mman.h>
#include <unistd.h>

#include "gguf_mutator.hpp"
#include "model_source.hpp"

namespace {

/// One file for the whole run.
class memory_file {
 public:
  memory_file() : descriptor_(::memfd_create("trilith_fuzz", 0)) {
    fuzz::expect(descriptor_ >= 0, "there is no memory for a file.");
    path_ = "/proc/self/fd/" + std::to_string(descriptor_);
  }
  void write(fuzz::view contents) const {
    bool good = ::ftruncate(descriptor_, 0) == 0;
    good = good && ::pwrite(descriptor_, contents.data(), contents.size(), 0) ==
                       static_cast<ssize_t>(contents.size());
    fuzz::expect(good, "a file in memory cannot be written.");
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const memory_file file;
  file.write({data, size});
  fuzz::load_as_all(file.path(), file.path());
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return fuzz::mutate_gguf(data, size, max_size, seed);
}
