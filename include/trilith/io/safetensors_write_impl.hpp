#ifndef TRILITH_IO_SAFETENSORS_WRITE_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_WRITE_IMPL_HPP

#include <trilith/io/atomic_file_impl.hpp>
#include <trilith/io/safetensors_read_impl.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace trilith::io::safetensors {

inline constexpr std::size_t data_alignment = 64;
inline constexpr std::size_t chunk_bytes = std::size_t{1} << 24;  ///< between two reports

[[nodiscard]] inline error unwritable(std::string_view file, std::string_view name,
                                      std::string_view what) {
  return {errc::invalid_argument, join(file, ": ", json::shown(name), ": ", what)};
}

[[nodiscard]] inline status check_tensor(const tensor_to_write& t, std::string_view file) {
  if (text::valid_prefix(t.name) != t.name.size() || t.name == "__metadata__")
    return unwritable(file, t.name, "a tensor cannot have this name.");
  for (const std::uint64_t size : t.shape)
    if (size > largest_number) return unwritable(file, t.name, "its shape is beyond 2^53.");
  std::uint64_t bytes = 0;
  if (!count_bytes(t.type, t.shape, bytes) || bytes != t.bytes.size())
    return unwritable(file, t.name,
                      join("expected ", bytes, " bytes for its shape ", spelled(t.shape), " of ",
                           name_of(t.type), ", found ", t.bytes.size(), "."));
  return done{};
}

[[nodiscard]] inline status check_metadata(std::span<const metadata_pair> metadata,
                                           std::string_view file) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : metadata) {
    keys.push_back(key);
    if (text::valid_prefix(key) != key.size() || text::valid_prefix(value) != value.size())
      return unwritable(file, key, "metadata should be UTF-8.");
  }
  std::sort(keys.begin(), keys.end());
  if (const auto twice = std::adjacent_find(keys.begin(), keys.end()); twice != keys.end())
    return unwritable(file, *twice, "the metadata has this name twice.");
  return done{};
}

/// The tensors in the order of their bytes; see write_safetensors.
[[nodiscard]] inline std::vector<const tensor_to_write*> in_order(
    std::span<const tensor_to_write> tensors) {
  std::vector<const tensor_to_write*> out;
  for (const tensor_to_write& t : tensors) out.push_back(&t);
  std::sort(out.begin(), out.end(), [](const tensor_to_write* a, const tensor_to_write* b) {
    const bool a_first = a->bytes.size() % data_alignment == 0;
    const bool b_first = b->bytes.size() % data_alignment == 0;
    if (a_first != b_first) return a_first;
    if (bits_of(a->type) != bits_of(b->type)) return bits_of(a->type) > bits_of(b->type);
    return a->name < b->name;
  });
  return out;
}

[[nodiscard]] inline std::string header_json(std::span<const tensor_to_write* const> tensors,
                                             std::span<const metadata_pair> metadata) {
  std::string out = "{";
  for (std::size_t i = 0; i < metadata.size(); ++i)
    out += join(i == 0 ? "\"__metadata__\":{" : ",", json::spelled(metadata[i].key), ":",
                json::spelled(metadata[i].value));
  if (!metadata.empty()) out += tensors.empty() ? "}" : "},";
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const tensor_to_write& t = *tensors[i];
    std::string shape;
    for (const std::uint64_t size : t.shape) shape += join(shape.empty() ? "" : ",", size);
    const std::uint64_t end = begin + t.bytes.size();
    out += join(i == 0 ? "" : ",", json::spelled(t.name), ":{\"dtype\":\"", name_of(t.type),
                "\",\"shape\":[", shape, "],\"data_offsets\":[", begin, ",", end, "]}");
    begin = end;
  }
  return out += '}';
}

/// Length and JSON, padded with spaces so that the data begins on a boundary.
[[nodiscard]] inline std::string header_bytes(std::string json) {
  while ((length_bytes + json.size()) % data_alignment != 0) json += ' ';
  const std::uint64_t length = json.size();
  std::string out(length_bytes, '\0');
  std::memcpy(out.data(), &length, length_bytes);
  return out += json;
}

[[nodiscard]] inline std::span<const unsigned char> bytes_of(const std::string& s) noexcept {
  return {reinterpret_cast<const unsigned char*>(s.data()), s.size()};
}

[[nodiscard]] inline status write_tensors(std::string_view path, const std::string& header,
                                          std::span<const tensor_to_write* const> tensors,
                                          const progress& report) {
  atomic_file file(path);
  status ok = file.open();
  if (ok) ok = file.write(bytes_of(header));
  double total = 1, written = 0;
  for (const tensor_to_write* t : tensors) total += static_cast<double>(t->bytes.size());
  for (const tensor_to_write* t : tensors)
    for (std::size_t at = 0; ok && at < t->bytes.size(); at += chunk_bytes) {
      const auto chunk = t->bytes.subspan(at, std::min(chunk_bytes, t->bytes.size() - at));
      ok = file.write(chunk);
      written += static_cast<double>(chunk.size());
      if (ok && !report(written / total, t->name))
        ok = error{errc::cancelled, join(path, ": saving was cancelled; nothing was written.")};
    }
  if (ok) ok = file.commit();
  if (ok) (void)report(1.0, {});
  return ok;
}

}  // namespace trilith::io::safetensors

namespace trilith::TRILITH_IMPLEMENTED {

status write_safetensors(std::string_view path, std::span<const io::tensor_to_write> tensors,
                         std::span<const io::metadata_pair> metadata, const io::progress& report) {
  namespace st = io::safetensors;
  if (status ok = io::json::available(path); !ok) return ok;
  if (status ok = st::check_metadata(metadata, path); !ok) return ok;
  for (const io::tensor_to_write& t : tensors)
    if (status ok = st::check_tensor(t, path); !ok) return ok;
  std::vector<std::string_view> names;
  for (const io::tensor_to_write& t : tensors) names.push_back(t.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return st::unwritable(path, *twice, "two tensors have this name.");
  const auto ordered = st::in_order(tensors);
  const std::string header = st::header_bytes(st::header_json(ordered, metadata));
  if (header.size() - st::length_bytes > st::largest_header)
    return error{errc::invalid_argument,
                 join(path, ": the names, shapes and metadata take ", header.size(),
                      " bytes; a header holds at most ", st::largest_header, ".")};
  return st::write_tensors(path, header, ordered, report);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
