#ifndef TRILITH_IO_GGUF_READ_IMPL_HPP
#define TRILITH_IO_GGUF_READ_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/io/byte_reader.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/layout_impl.hpp>
#include <trilith/io/gguf/metadata_impl.hpp>
#include <trilith/io/gguf/tensors_impl.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace trilith::io::gguf {

inline constexpr std::string_view magic = "GGUF";

[[nodiscard]] inline result<std::uint32_t> read_version(byte_reader& in) {
  const auto start = in.take(magic.size(), "its first four bytes");
  if (!start) return start.error();
  const std::string_view found(reinterpret_cast<const char*>(start->data()), start->size());
  if (found != magic)
    return error{errc::malformed, join(in.file(), ": expected a GGUF file, which starts with ",
                                       quoted(magic), ", found ", quoted(found), ".")};
  auto version = in.read<std::uint32_t>("its version");
  if (!version) return version;
  if (*version != 0 && (*version & 0xFFFF) == 0)
    return error{errc::unsupported,
                 join(in.file(), ": expected a little-endian file of version 2 or 3, found ",
                      *version, " as its version: it is probably a big-endian file.")};
  if (*version != 2 && *version != 3)
    return error{errc::unsupported,
                 join(in.file(), ": expected version 2 or 3, found ", *version, ".")};
  return version;
}

[[nodiscard]] inline result<std::uint64_t> alignment_of(const std::vector<gguf_field>& metadata,
                                                        std::string_view file) {
  static constexpr std::string_view key = "general.alignment";
  for (const gguf_field& field : metadata) {
    if (field.key != key) continue;
    std::uint64_t alignment = 0;
    if (!field.value.as_unsigned(alignment))
      return key_fault(file, key, errc::malformed,
                       join("expected a u32, found ", name_of(field.value.type()), "."));
    if (!is_power_of_two(alignment) || alignment > std::uint64_t{1} << 31)
      return key_fault(file, key, errc::malformed,
                       join("expected a power of two below 2^32, found ", alignment, "."));
    return alignment;
  }
  return std::uint64_t{32};
}

[[nodiscard]] inline status index_names(gguf_header& header, std::string_view file) {
  const gguf_field* field = nullptr;
  header.metadata_by_name = sorted_by(header.metadata, &gguf_field::key, field);
  if (field != nullptr)
    return key_fault(file, field->key, errc::malformed, "the metadata has this key twice.");
  const gguf_tensor* tensor = nullptr;
  header.tensors_by_name = sorted_by(header.tensors, &gguf_tensor::name, tensor);
  if (tensor != nullptr)
    return tensor_fault(file, tensor->name, errc::malformed, "the file has this name twice.");
  return done{};
}

[[nodiscard]] inline status place_tensors(gguf_header& header, const byte_reader& in,
                                          bool lenient) {
  const std::uint64_t file_bytes = in.position() + in.left();
  const std::uint64_t begin = padded(in.position(), header.alignment);
  if (begin > file_bytes && !header.tensors.empty())
    return error{errc::truncated, join(in.file(), ": expected tensors from offset ", begin,
                                       " on, found the end of the file at ", file_bytes, ".")};
  tensor_layout layout(in.file(), begin, file_bytes - min_of(begin, file_bytes), header.alignment,
                       lenient);
  return layout.place(header.tensors);
}

[[nodiscard]] inline result<gguf_header> read_header(std::span<const unsigned char> bytes,
                                                     std::string_view name, bool lenient) {
  byte_reader in(bytes, name);
  const auto version = read_version(in);
  if (!version) return version.error();
  std::array<std::uint64_t, 2> counts;  // of tensors, of lines of metadata
  if (status ok = in.read_into(counts.data(), 2, "the counts of tensors and metadata"); !ok)
    return std::move(ok).error();
  gguf_header header;
  header.version = *version;
  auto metadata = read_metadata(in, counts[1], lenient);
  if (!metadata) return std::move(metadata).error();
  header.metadata = std::move(metadata).value();
  const auto alignment = alignment_of(header.metadata, name);
  if (!alignment) return alignment.error();
  header.alignment = *alignment;
  auto tensors = read_tensors(in, counts[0]);
  if (!tensors) return std::move(tensors).error();
  header.tensors = std::move(tensors).value();
  if (status ok = index_names(header, name); !ok) return std::move(ok).error();
  if (status ok = place_tensors(header, in, lenient); !ok) return std::move(ok).error();
  return header;
}

}  // namespace trilith::io::gguf

namespace trilith::TRILITH_IMPLEMENTED {

result<io::gguf_file> open_gguf(std::string_view path, const io::gguf_open_options& options) {
  auto file = io::map_file(path);
  if (!file) return std::move(file).error();
  auto header = io::gguf::read_header(file->bytes(), path, options.lenient);
  if (!header) return std::move(header).error();
  return io::gguf_file(std::move(file).value(), std::move(header).value());
}

result<io::gguf_file> parse_gguf(std::span<const unsigned char> bytes, std::string_view name,
                                 const io::gguf_open_options& options) {
  auto header = io::gguf::read_header(bytes, name, options.lenient);
  if (!header) return std::move(header).error();
  return io::gguf_file(name, bytes, std::move(header).value());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
