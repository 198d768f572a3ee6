#ifndef TRILITH_IO_GGUF_HPP
#define TRILITH_IO_GGUF_HPP

#include <trilith/io/gguf_owned_value.hpp>
#include <trilith/io/gguf_type.hpp>
#include <trilith/io/gguf_value.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/io/safetensors_progress.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The GGUF format: a header of typed metadata and named tensors, then the tensors' bytes.
namespace trilith::io {

/// A tensor of a file.
struct gguf_tensor {
  std::string name;
  std::vector<std::uint64_t> dims;  ///< fastest first: {K, M} is M rows of K; empty for a scalar
  ggml_type type = ggml_type::unknown;
  std::uint32_t type_id = 0;  ///< the number in the file
  std::uint64_t offset = 0;   ///< of its first byte, from the beginning of the file
  std::uint64_t bytes = 0;    ///< without the padding
  std::string remark;         ///< why the type is unknown, in a sentence
};

/// One line of a file's metadata; the key views the file's bytes.
struct gguf_field {
  std::string_view key;
  gguf_value value;
};

/// What a header says. Both lists are in the order of the file; `by_name` are their indices sorted
/// by key and by name.
struct gguf_header {
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
  std::vector<gguf_field> metadata;
  std::vector<gguf_tensor> tensors;
  std::vector<std::size_t> metadata_by_name, tensors_by_name;
};

/// The metadata and the tensors of a GGUF file, every one inside the file and disjoint from the
/// others. Nothing of the metadata is copied: keys, values and texts view the mapped bytes.
class gguf_file {
 public:
  gguf_file(mapped_file file, gguf_header header)
      : name_(file.path()),
        bytes_(file.bytes()),
        header_(std::move(header)),
        owner_(std::move(file)) {}
  /// Views bytes that someone else owns.
  gguf_file(std::string_view name, std::span<const unsigned char> bytes, gguf_header header)
      : name_(name), bytes_(bytes), header_(std::move(header)) {}

  /// What errors call it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint32_t version() const noexcept { return header_.version; }
  /// Of the tensors' bytes; a power of two.
  [[nodiscard]] std::uint64_t alignment() const noexcept { return header_.alignment; }
  [[nodiscard]] const std::vector<gguf_field>& metadata() const noexcept {
    return header_.metadata;
  }
  [[nodiscard]] const std::vector<gguf_tensor>& tensors() const noexcept { return header_.tensors; }

  /// The metadata's value of this key, or null. Cost: logarithmic.
  [[nodiscard]] const gguf_value* find(std::string_view key) const noexcept {
    const gguf_field* const field =
        search(header_.metadata, header_.metadata_by_name, key, &gguf_field::key);
    return field == nullptr ? nullptr : &field->value;
  }
  /// The tensor of this name, or null. Cost: logarithmic.
  [[nodiscard]] const gguf_tensor* find_tensor(std::string_view name) const noexcept {
    return search(header_.tensors, header_.tensors_by_name, name, &gguf_tensor::name);
  }
  /// The bytes of one of tensors(), aligned to alignment() in the file.
  [[nodiscard]] std::span<const unsigned char> bytes(const gguf_tensor& tensor) const noexcept {
    return bytes_.subspan(tensor.offset, tensor.bytes);
  }

  /// Hands over what keeps the bytes mapped; this object is a view of them from here on.
  [[nodiscard]] mapped_file take_mapping() && noexcept { return std::move(owner_); }

 private:
  template <class Item, class Text>
  static const Item* search(const std::vector<Item>& items, const std::vector<std::size_t>& sorted,
                            std::string_view wanted, Text Item::*key) noexcept {
    std::size_t first = 0, last = sorted.size();
    while (first < last) {
      const std::size_t middle = first + (last - first) / 2;
      if (items[sorted[middle]].*key < wanted)
        first = middle + 1;
      else
        last = middle;
    }
    if (first == sorted.size() || items[sorted[first]].*key != wanted) return nullptr;
    return &items[sorted[first]];
  }

  std::string name_;
  std::span<const unsigned char> bytes_;
  gguf_header header_;
  mapped_file owner_;
};

struct gguf_open_options {
  /// For looking into a file rather than using it: tensors of types that nothing here knows are
  /// `unknown` with a remark, and texts that are no UTF-8, bools that are neither 0 nor 1 and bytes
  /// after the last tensor are let pass.
  bool lenient = false;
};

/// One line of metadata for write_gguf.
struct gguf_pair {
  std::string key;
  gguf_owned_value value;
};

/// Fills `out` with a tensor's bytes from its byte `at` on.
using gguf_producer = status (*)(void* context, std::uint64_t at, std::span<unsigned char> out);

/// A tensor for write_gguf, which does not own its bytes: they are there, or made on demand.
struct gguf_tensor_to_write {
  std::string name;
  std::vector<std::uint64_t> dims;  ///< fastest first, 1 to 4
  ggml_type type = ggml_type::f32;
  std::span<const unsigned char> bytes = {};
  /// Where it is not null, `bytes` is empty, and this is called for ascending, adjacent parts of
  /// the tensor, each of at most 16 MiB and of a multiple of `part_multiple` bytes (a row, say),
  /// but for the last.
  gguf_producer produce = nullptr;
  void* context = nullptr;
  std::uint64_t part_multiple = 1;
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::gguf_file> open_gguf(std::string_view path, const io::gguf_open_options& options);
result<io::gguf_file> parse_gguf(std::span<const unsigned char> bytes, std::string_view name,
                                 const io::gguf_open_options& options);
status write_gguf(std::string_view path, std::span<const io::gguf_tensor_to_write> tensors,
                  std::span<const io::gguf_pair> metadata, const io::progress& report);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Maps a little-endian GGUF file of version 2 or 3 and reads its header. docs/gguf.md has what is
/// read, and how the numbers of types that several programs use are told apart.
///
/// Cost: one pass over the header, with no copy of a text; no tensor is touched. Memory is taken in
/// proportion to what the file was found to hold.
/// Errors: file_not_found, io_failure; truncated; malformed for counts, texts, sizes and offsets
/// that contradict each other or the file, for names that occur twice; unsupported for other
/// versions, big-endian files, nested arrays, unknown types and unknown variants of I2_S. Each
/// names the file, the key or tensor, what was expected and what was found.
/// Source: docs/gguf.md and src/gguf.cpp of ggml.
[[nodiscard]] inline result<gguf_file> open_gguf(std::string_view path,
                                                 const gguf_open_options& options = {}) {
  return TRILITH_IMPLEMENTED::open_gguf(path, options);
}

/// The same from memory, which must outlive the result; `name` is what errors call it.
[[nodiscard]] inline result<gguf_file> parse_gguf(std::span<const unsigned char> bytes,
                                                  std::string_view name,
                                                  const gguf_open_options& options = {}) {
  return TRILITH_IMPLEMENTED::parse_gguf(bytes, name, options);
}

/// Writes a whole file of version 3 under a temporary name, syncs it and renames it to `path`: at
/// any moment `path` is the old file or the whole new one. Tensors and metadata keep their order; a
/// general.alignment in the metadata is honoured, 32 without one.
///
/// `report` hears of every 16 MiB and may cancel; then, as after an error, nothing is left behind.
/// Its last call, with fraction 1 and no name, comes when the file is in place.
/// Errors: invalid_argument for what open_gguf or ggml would refuse, such as names that are
/// repeated or longer than 63 bytes, bytes that do not match their dimensions, and types whose
/// number means something else upstream; io_failure; cancelled; and whatever a producer returns.
[[nodiscard]] inline status write_gguf(std::string_view path,
                                       std::span<const gguf_tensor_to_write> tensors,
                                       std::span<const gguf_pair> metadata = {},
                                       const progress& report = {}) {
  return TRILITH_IMPLEMENTED::write_gguf(path, tensors, metadata, report);
}

}  // namespace trilith::io

#endif
