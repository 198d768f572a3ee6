#ifndef TRILITH_IO_SHARDS_HPP
#define TRILITH_IO_SHARDS_HPP

#include <trilith/io/safetensors.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::io {

/// A tensor and the file that holds it; both null where there is none of a name.
struct tensor_place {
  const safetensors_file* file = nullptr;
  const tensor_entry* tensor = nullptr;

  explicit operator bool() const noexcept { return tensor != nullptr; }
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept {
    return file->bytes(*tensor);
  }
};

/// The tensors of a model: of one safetensors file, or of the shards that an index names. Every
/// name is the name of one tensor.
class tensor_files {
 public:
  /// `places`, sorted by name, point into `files`.
  tensor_files(std::string name, std::vector<safetensors_file> files,
               std::vector<tensor_place> places, std::vector<std::string> found) noexcept
      : notes(std::move(found)),
        name_(std::move(name)),
        files_(std::move(files)),
        places_(std::move(places)) {}
  tensor_files(tensor_files&&) noexcept = default;
  tensor_files& operator=(tensor_files&&) noexcept = default;

  /// What errors call it: the path of the file or of the index.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Each file once, sorted by name.
  [[nodiscard]] const std::vector<safetensors_file>& files() const noexcept { return files_; }
  /// Sorted by name; valid as long as this object, also after it was moved.
  [[nodiscard]] const std::vector<tensor_place>& tensors() const noexcept { return places_; }

  /// The tensor of this name, or nulls. O(log tensors).
  [[nodiscard]] tensor_place find(std::string_view name) const noexcept {
    std::size_t first = 0, last = places_.size();
    while (first < last) {
      const std::size_t middle = first + (last - first) / 2;
      if (places_[middle].tensor->name < name)
        first = middle + 1;
      else
        last = middle;
    }
    const bool found = first < places_.size() && places_[first].tensor->name == name;
    return found ? places_[first] : tensor_place{};
  }

  /// What is odd about the files without being wrong, a sentence each.
  std::vector<std::string> notes;

 private:
  std::string name_;
  std::vector<safetensors_file> files_;
  std::vector<tensor_place> places_;
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::tensor_files> open_tensors(std::string_view path);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Opens `path`: a safetensors file; an index (its name ends in .json), each of whose shards is
/// mapped once; or a directory with model.safetensors or model.safetensors.index.json, of which the
/// first is preferred. Costs one pass over the index and over the header of each shard.
///
///     const auto tensors = tl::io::open_tensors("bitnet-b1.58-2B-4T");
///     if (!tensors) return tensors.error();
///     const tl::io::tensor_place norm = tensors->find("model.norm.weight");
///
/// Errors: those of open_safetensors(); file_not_found for a directory without either file and for
/// a missing shard; malformed for an index that is no JSON, too large or empty, that repeats a
/// name, names a file outside its directory, itself or another index, or a tensor that the shard
/// does not have; malformed for a tensor that two shards have. Each names index, shard and tensor.
/// A total_size that differs from the tensors, and tensors that the index does not list, are notes.
[[nodiscard]] inline result<tensor_files> open_tensors(std::string_view path) {
  return TRILITH_IMPLEMENTED::open_tensors(path);
}

}  // namespace trilith::io

#endif
