#ifndef TRILITH_IO_GGUF_HPP
#define TRILITH_IO_GGUF_HPP

#include <trilith/io/gguf/file.hpp>
#include <trilith/io/gguf/owned_value.hpp>
#include <trilith/io/gguf/size.hpp>
#include <trilith/io/safetensors/progress.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The GGUF format: a header of typed metadata and named tensors, then the tensors' bytes.
namespace trilith::io {

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
