#ifndef TRILITH_IO_SAFETENSORS_HPP
#define TRILITH_IO_SAFETENSORS_HPP

#include <trilith/core/shared_owner.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/io/safetensors/dtype.hpp>
#include <trilith/io/safetensors/progress.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The safetensors format: a header of JSON, then the bytes of named tensors, without gaps.
namespace trilith::io {

/// A tensor of a file: little-endian elements, row-major.
struct tensor_entry {
  std::string name;
  dtype type = dtype::u8;
  std::vector<std::uint64_t> shape;  ///< empty for a scalar
  std::uint64_t offset = 0;          ///< of its first byte, from the beginning of the file
  std::uint64_t bytes = 0;
};

/// One line of a file's free-form metadata.
struct metadata_pair {
  std::string key, value;
};

/// What a header says; both lists are sorted by name.
struct safetensors_header {
  std::vector<tensor_entry> tensors;
  std::vector<metadata_pair> metadata;
};

/// The tensors of a safetensors file, every one inside the file and disjoint from the others.
class safetensors_file {
 public:
  safetensors_file(mapped_file file, safetensors_header header)
      : name_(file.path()),
        bytes_(file.bytes()),
        header_(std::move(header)),
        owner_(shared_owner::of(std::move(file))) {}
  /// Views bytes that someone else owns.
  safetensors_file(std::string_view name, std::span<const unsigned char> bytes,
                   safetensors_header header)
      : name_(name), bytes_(bytes), header_(std::move(header)) {}

  /// What errors call it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::vector<tensor_entry>& tensors() const noexcept {
    return header_.tensors;
  }
  [[nodiscard]] const std::vector<metadata_pair>& metadata() const noexcept {
    return header_.metadata;
  }

  /// The tensor of this name, or null.
  [[nodiscard]] const tensor_entry* find(std::string_view name) const noexcept {
    return search(header_.tensors, name, &tensor_entry::name);
  }
  /// The metadata's value of this key, or null.
  [[nodiscard]] const std::string* find_metadata(std::string_view key) const noexcept {
    const metadata_pair* const pair = search(header_.metadata, key, &metadata_pair::key);
    return pair == nullptr ? nullptr : &pair->value;
  }
  /// The whole file.
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return bytes_; }
  /// Keeps bytes() alive; empty where they are someone else's.
  [[nodiscard]] const shared_owner& owner() const noexcept { return owner_; }
  /// The elements of one of tensors(); aligned only as far as the file's writer cared.
  [[nodiscard]] std::span<const unsigned char> bytes(const tensor_entry& tensor) const noexcept {
    return bytes_.subspan(tensor.offset, tensor.bytes);
  }

 private:
  template <class Item>
  static const Item* search(const std::vector<Item>& sorted, std::string_view wanted,
                            std::string Item::*key) noexcept {
    std::size_t first = 0, last = sorted.size();
    while (first < last) {
      const std::size_t middle = first + (last - first) / 2;
      if (sorted[middle].*key < wanted)
        first = middle + 1;
      else
        last = middle;
    }
    return first < sorted.size() && sorted[first].*key == wanted ? &sorted[first] : nullptr;
  }

  std::string name_;
  std::span<const unsigned char> bytes_;
  safetensors_header header_;
  shared_owner owner_;
};

/// Fills `out` with a tensor's bytes from its byte `at` on.
using safetensors_producer = status (*)(void* context, std::uint64_t at,
                                        std::span<unsigned char> out);

/// A tensor for write_safetensors, which does not own its bytes: they are there, or made on demand.
struct tensor_to_write {
  std::string name;
  dtype type = dtype::u8;
  std::vector<std::uint64_t> shape;
  std::span<const unsigned char> bytes = {};
  /// Where it is not null, `bytes` is empty, and this is called for ascending, adjacent parts of
  /// the tensor, each of at most 16 MiB and of a multiple of `part_multiple` bytes (a row, say),
  /// but for the last. A part_multiple above 16 MiB is a part by itself.
  safetensors_producer produce = nullptr;
  void* context = nullptr;
  std::uint64_t part_multiple = 1;
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::safetensors_file> open_safetensors(std::string_view path);
result<io::safetensors_file> parse_safetensors(std::span<const unsigned char> bytes,
                                               std::string_view name);
status write_safetensors(std::string_view path, std::span<const io::tensor_to_write> tensors,
                         std::span<const io::metadata_pair> metadata, const io::progress& report);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Maps a file and reads its header. Costs one pass over the header; no tensor is touched.
///
/// Errors: file_not_found, io_failure; truncated; malformed for a header that is not the JSON of
/// the format, and for tensors that overlap, leave holes or contradict their shapes; unsupported
/// for an unknown dtype, and in a build without nlohmann-json. Each names the file, the tensor,
/// what was expected and what was found.
[[nodiscard]] inline result<safetensors_file> open_safetensors(std::string_view path) {
  return TRILITH_IMPLEMENTED::open_safetensors(path);
}

/// The same from memory, which must outlive the result; `name` is what errors call it.
[[nodiscard]] inline result<safetensors_file> parse_safetensors(
    std::span<const unsigned char> bytes, std::string_view name) {
  return TRILITH_IMPLEMENTED::parse_safetensors(bytes, name);
}

/// Writes a whole file under a temporary name, syncs it and renames it to `path`: at any moment
/// `path` is the old file or the whole new one.
///
/// Tensors whose size is a multiple of 64 bytes come first, each on a 64-byte boundary of the file;
/// then the others, by descending alignment of their elements, then by name.
/// `report` hears of every 16 MiB and may cancel; then, as after an error, nothing is left behind.
/// Its last call, with fraction 1 and no name, comes when the file is in place.
/// Errors: invalid_argument for names that are repeated or no UTF-8, and for bytes that do not
/// match their shape; io_failure; unsupported in a build without nlohmann-json; cancelled; and
/// whatever a producer returns.
[[nodiscard]] inline status write_safetensors(std::string_view path,
                                              std::span<const tensor_to_write> tensors,
                                              std::span<const metadata_pair> metadata = {},
                                              const progress& report = {}) {
  return TRILITH_IMPLEMENTED::write_safetensors(path, tensors, metadata, report);
}

}  // namespace trilith::io

#endif
