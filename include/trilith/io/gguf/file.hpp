#ifndef TRILITH_IO_GGUF_FILE_HPP
#define TRILITH_IO_GGUF_FILE_HPP

#include <trilith/io/gguf/elements.hpp>
#include <trilith/io/gguf/type.hpp>
#include <trilith/io/mapped_file.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

}  // namespace trilith::io

#endif
