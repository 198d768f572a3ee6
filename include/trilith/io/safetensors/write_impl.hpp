#ifndef TRILITH_IO_SAFETENSORS_WRITE_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_WRITE_IMPL_HPP

#include <trilith/io/atomic_file_impl.hpp>
#include <trilith/io/safetensors/read_impl.hpp>

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

[[nodiscard]] inline std::uint64_t size_of(const tensor_to_write& t) noexcept {
  std::uint64_t bytes = 0;
  (void)count_bytes(t.type, t.shape, bytes);
  return bytes;
}

[[nodiscard]] inline status check_tensor(const tensor_to_write& t, std::string_view file) {
  if (text::valid_prefix(t.name) != t.name.size() || t.name == "__metadata__")
    return unwritable(file, t.name, "a tensor cannot have this name.");
  for (const std::uint64_t size : t.shape)
    if (size > largest_number) return unwritable(file, t.name, "its shape is beyond 2^53.");
  if (t.produce != nullptr && (!t.bytes.empty() || t.part_multiple == 0))
    return unwritable(file, t.name,
                      "expected no bytes and a part_multiple above 0 beside a producer.");
  std::uint64_t bytes = 0;
  const bool fits = count_bytes(t.type, t.shape, bytes);
  if (!fits || (t.produce == nullptr && bytes != t.bytes.size()))
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
    const bool a_first = size_of(*a) % data_alignment == 0;
    const bool b_first = size_of(*b) % data_alignment == 0;
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
    const std::uint64_t end = begin + size_of(t);
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

/// Writes the bytes of tensors, part by part.
class data_writer {
 public:
  data_writer(atomic_file& file, std::string_view path, double total, const progress& report)
      : file_(file), path_(path), total_(total), report_(report) {}

  [[nodiscard]] status write(const tensor_to_write& t) {
    const std::uint64_t bytes = size_of(t);
    const std::uint64_t multiple = t.produce == nullptr ? 1 : t.part_multiple;
    const std::uint64_t most = std::max<std::uint64_t>(chunk_bytes / multiple, 1) * multiple;
    for (std::uint64_t at = 0; at < bytes; at += most)
      if (status ok = write_part(t, at, std::min(most, bytes - at)); !ok) return ok;
    return done{};
  }

 private:
  [[nodiscard]] status write_part(const tensor_to_write& t, std::uint64_t at, std::uint64_t count) {
    if (t.produce != nullptr) {
      part_.resize(count);
      if (status ok = t.produce(t.context, at, part_); !ok) return ok;
    }
    if (status ok = file_.write(t.produce == nullptr ? t.bytes.subspan(at, count) : part_); !ok)
      return ok;
    written_ += static_cast<double>(count);
    if (report_(written_ / total_, t.name)) return done{};
    return error{errc::cancelled, join(path_, ": saving was cancelled; nothing was written.")};
  }

  atomic_file& file_;
  std::string_view path_;
  double total_, written_ = 0;
  const progress& report_;
  std::vector<unsigned char> part_;
};

[[nodiscard]] inline status write_tensors(std::string_view path, const std::string& header,
                                          std::span<const tensor_to_write* const> tensors,
                                          const progress& report) {
  atomic_file file(path);
  status ok = file.open();
  if (ok) ok = file.write(bytes_of(header));
  double total = 1;
  for (const tensor_to_write* t : tensors) total += static_cast<double>(size_of(*t));
  data_writer data(file, path, total, report);
  for (std::size_t i = 0; ok && i < tensors.size(); ++i) ok = data.write(*tensors[i]);
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
