#ifndef TRILITH_ADAPT_SVF_TENSORS_HPP
#define TRILITH_ADAPT_SVF_TENSORS_HPP

#include <trilith/adapt/svf_factors.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/version.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Float tensors in a safetensors file with a format, a version and a checksum in its metadata.
namespace trilith::inline TRILITH_ABI::detail {

inline constexpr std::string_view svf_version = "1";

struct named_floats {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::span<const float> values;

  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept {
    return {reinterpret_cast<const unsigned char*>(values.data()), values.size_bytes()};
  }
};

/// Of metadata and tensors in any order: the sum of their fingerprints.
class file_checksum {
 public:
  void add(const io::metadata_pair& p) {
    if (p.key != "checksum") sum_ += print_of(join(p.key, "=", p.value), {}, {});
  }
  void add(std::string_view name, std::span<const std::uint64_t> shape,
           std::span<const unsigned char> bytes) {
    sum_ += print_of(name, shape, bytes);
  }
  [[nodiscard]] std::string text() const { return hexadecimal(sum_); }

 private:
  [[nodiscard]] static std::uint64_t print_of(std::string_view name,
                                              std::span<const std::uint64_t> shape,
                                              std::span<const unsigned char> bytes) noexcept {
    fingerprint print;
    print.add(name);
    for (const std::uint64_t size : shape) print.add(size);
    print.add(bytes);
    return print.value();
  }
  std::uint64_t sum_ = 0;
};

[[nodiscard]] inline status write_floats(std::string_view path, std::string_view format,
                                         std::vector<io::metadata_pair> metadata,
                                         std::span<const named_floats> tensors) {
  metadata.push_back({"format", std::string(format)});
  metadata.push_back({"format_version", std::string(svf_version)});
  metadata.push_back({"trilith_version", TRILITH_VERSION});
  file_checksum sum;
  for (const io::metadata_pair& p : metadata) sum.add(p);
  std::vector<io::tensor_to_write> all;
  for (const named_floats& t : tensors) {
    sum.add(t.name, t.shape, t.bytes());
    all.push_back({t.name, io::dtype::f32, t.shape, t.bytes()});
  }
  metadata.push_back({"checksum", sum.text()});
  return io::write_safetensors(path, all, metadata);
}

[[nodiscard]] inline status expect_metadata(const io::safetensors_file& file, std::string_view key,
                                            std::string_view expected, errc code) {
  const std::string* const found = file.find_metadata(key);
  if (found != nullptr && *found == expected) return done{};
  return error{code, join(file.name(), ": expected ", key, " = \"", expected, "\", found ",
                          found == nullptr ? "none" : join("\"", *found, "\""), ".")};
}

/// A file that write_floats() wrote, whole and undamaged. Cost: one pass over it.
[[nodiscard]] inline result<io::safetensors_file> open_floats(std::string_view path,
                                                              std::string_view format) {
  auto file = io::open_safetensors(path);
  if (!file) return file;
  if (status ok = expect_metadata(*file, "format", format, errc::malformed); !ok)
    return std::move(ok).error();
  file_checksum sum;
  for (const io::metadata_pair& p : file->metadata()) sum.add(p);
  for (const io::tensor_entry& t : file->tensors()) sum.add(t.name, t.shape, file->bytes(t));
  if (status ok = expect_metadata(*file, "checksum", sum.text(), errc::malformed); !ok)
    return error{errc::malformed, ok.error().message + " The file is damaged."};
  if (status ok = expect_metadata(*file, "format_version", svf_version, errc::unsupported); !ok)
    return std::move(ok).error();
  return file;
}

[[nodiscard]] inline std::string spelled(const io::tensor_entry& t) {
  std::string out;
  for (const std::uint64_t size : t.shape) out += join(out.empty() ? "[" : ", ", size);
  return join(out.empty() ? "[" : out, "] of ", io::name_of(t.type));
}

/// The tensor of this name, floats of as many dimensions as `shape` says in words.
[[nodiscard]] inline result<const io::tensor_entry*> find_floats(const io::safetensors_file& file,
                                                                 const std::string& name,
                                                                 std::size_t dimensions,
                                                                 std::string_view shape) {
  const io::tensor_entry* const t = file.find(name);
  if (t == nullptr || t->type != io::dtype::f32 || t->shape.size() != dimensions)
    return unexpected(errc::malformed, file.name(), name, join(shape, " of F32"),
                      t == nullptr ? "none" : spelled(*t));
  return t;
}

inline void copy_floats(const io::safetensors_file& file, const io::tensor_entry& from,
                        std::span<float> to) noexcept {
  if (!to.empty()) __builtin_memcpy(to.data(), file.bytes(from).data(), to.size_bytes());
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif
