// Any text as a model.safetensors.index.json beside two shards of two tensors each: what is
// accepted finds every tensor that it lists, in a file of its directory.
#include <trilith/io/shards.hpp>

#include "scratch_directory.hpp"

namespace io = trilith::io;

namespace {

[[nodiscard]] fuzz::bytes shard(const std::string& first, const std::string& second) {
  std::string header = "{\"" + first + R"(":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},")" +
                       second + R"(":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})";
  const std::uint64_t length = header.size();
  fuzz::bytes out(8);
  __builtin_memcpy(out.data(), &length, 8);
  header += "abc";
  out.insert(out.end(), header.begin(), header.end());
  return out;
}

void walk(const io::tensor_files& files) {
  fuzz::expect(files.files().size() <= 2, "there are more shards than files.");
  for (const io::tensor_place& place : files.tensors()) {
    fuzz::expect(files.find(place.tensor->name).tensor == place.tensor,
                 "a tensor is not found by its name.");
    fuzz::touch(place.bytes());
  }
  for (const std::string& note : files.notes)
    fuzz::expect(note.size() < 4096, "a note repeats more of the file than anyone would read.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const fuzz::scratch_directory at;
  static const bool made = [] {
    at.write("a.safetensors", shard("x", "y"));
    at.write("b.safetensors", shard("z", "w"));
    return true;
  }();
  (void)made;
  at.write("model.safetensors.index.json", {data, size});
  const auto files = io::open_tensors(at.path());
  if (files)
    walk(*files);
  else
    fuzz::expect_named(files.error(), at.path());
  return 0;
}
