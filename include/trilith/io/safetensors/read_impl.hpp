#ifndef TRILITH_IO_SAFETENSORS_READ_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_READ_IMPL_HPP

#include <trilith/io/byte_reader.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/io/safetensors/header_impl.hpp>
#include <trilith/io/safetensors/table_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace trilith::io::safetensors {

inline constexpr std::uint64_t length_bytes = 8;
inline constexpr std::uint64_t largest_header = 100'000'000;

/// The JSON between the length and the data; checked to be UTF-8 that starts with '{'.
[[nodiscard]] inline result<std::string_view> header_text(byte_reader& in) {
  const auto length = in.read<std::uint64_t>("the length of its header");
  if (!length) return length.error();
  if (*length > largest_header)
    return error{errc::malformed, join(in.file(), ": expected a header of at most ", largest_header,
                                       " bytes, found a length of ", *length, ".")};
  const auto bytes = in.take(*length, "its header");
  if (!bytes) return bytes.error();
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (!text.starts_with('{'))
    return error{errc::malformed, join(in.file(), ": expected the header to start with '{', found ",
                                       json::shown(text.substr(0, 8)), ".")};
  if (const std::size_t valid = text::valid_prefix(text); valid != text.size())
    return error{errc::malformed,
                 join(in.file(), ": expected a header of UTF-8, found a byte that is none at ",
                      length_bytes + valid, ".")};
  return text;
}

[[nodiscard]] inline status sort_metadata(std::vector<metadata_pair>& pairs,
                                          std::string_view file) {
  std::sort(pairs.begin(), pairs.end(),
            [](const metadata_pair& a, const metadata_pair& b) { return a.key < b.key; });
  for (std::size_t i = 1; i < pairs.size(); ++i)
    if (pairs[i].key == pairs[i - 1].key)
      return error{errc::malformed, join(file, ": __metadata__ has the name ",
                                         json::shown(pairs[i].key), " twice.")};
  return done{};
}

[[nodiscard]] inline result<safetensors_header> read_header(std::span<const unsigned char> bytes,
                                                            std::string_view name) {
  if (status ok = json::available(name); !ok) return std::move(ok).error();
  byte_reader in(bytes, name);
  const auto text = header_text(in);
  if (!text) return text.error();
  header_reader raw;
  if (!json::read(*text, raw)) return error{errc::malformed, join(name, ": header: ", raw.why())};
  tensor_table table(name, in.position(), bytes.size());
  for (raw_tensor& t : raw.tensors)
    if (status ok = table.add(t); !ok) return std::move(ok).error();
  auto tensors = table.finish();
  if (!tensors) return std::move(tensors).error();
  if (status ok = sort_metadata(raw.metadata, name); !ok) return std::move(ok).error();
  return safetensors_header{std::move(tensors).value(), std::move(raw.metadata)};
}

}  // namespace trilith::io::safetensors

namespace trilith::TRILITH_IMPLEMENTED {

result<io::safetensors_file> open_safetensors(std::string_view path) {
  auto file = io::map_file(path);
  if (!file) return std::move(file).error();
  auto header = io::safetensors::read_header(file->bytes(), path);
  if (!header) return std::move(header).error();
  return io::safetensors_file(std::move(file).value(), std::move(header).value());
}

result<io::safetensors_file> parse_safetensors(std::span<const unsigned char> bytes,
                                               std::string_view name) {
  auto header = io::safetensors::read_header(bytes, name);
  if (!header) return std::move(header).error();
  return io::safetensors_file(name, bytes, std::move(header).value());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
