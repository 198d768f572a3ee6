#ifndef TRILITH_IO_GGUF_CHECK_IMPL_HPP
#define TRILITH_IO_GGUF_CHECK_IMPL_HPP

#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/resolve_impl.hpp>
#include <trilith/io/gguf/text_impl.hpp>

#include <algorithm>
#include <string>
#include <vector>

/// Whether what write_gguf was given gives a file that open_gguf and ggml read.
namespace trilith::io::gguf {

/// ggml keeps a name in 64 bytes, with the zero at its end.
inline constexpr std::size_t longest_written_name = 63;

[[nodiscard]] inline bool occurs_twice(std::vector<std::string_view>& names,
                                       std::string_view& which) {
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) which = *twice;
  return twice != names.end();
}

[[nodiscard]] inline status check_pair(const gguf_pair& pair, std::string_view file) {
  const auto fault = [&](std::string_view what) {
    return key_fault(file, pair.key, errc::invalid_argument, what);
  };
  if (pair.key.empty() || pair.key.size() > longest_key || !is_ascii(pair.key))
    return fault(join("expected a key of 1 to ", longest_key, " bytes of ASCII, found ",
                      pair.key.size(), " bytes."));
  if (pair.value.view().element_type() != gguf_type::string) return done{};
  for (const gguf_value element : pair.value.view().elements())
    if (std::string_view text; element.as_string(text) && !is_utf8(text))
      return fault(join("expected texts of UTF-8, found ", quoted(text), "."));
  return done{};
}

/// general.alignment of the metadata goes to `alignment`.
[[nodiscard]] inline status check_metadata(std::span<const gguf_pair> metadata,
                                           std::string_view file, std::uint64_t& alignment) {
  std::vector<std::string_view> keys;
  for (const gguf_pair& pair : metadata) {
    if (status ok = check_pair(pair, file); !ok) return ok;
    keys.push_back(pair.key);
    if (pair.key != "general.alignment") continue;
    const gguf_value value = pair.value.view();
    if (value.type() != gguf_type::u32 || !value.as_unsigned(alignment) || alignment < 8 ||
        !is_power_of_two(alignment))
      return key_fault(file, pair.key, errc::invalid_argument,
                       join("expected a u32 that is a power of two from 8 on, found ",
                            value.type() == gguf_type::u32 ? std::to_string(alignment)
                                                           : std::string(name_of(value.type())),
                            "."));
  }
  if (std::string_view key; occurs_twice(keys, key))
    return key_fault(file, key, errc::invalid_argument, "the metadata has this key twice.");
  return done{};
}

[[nodiscard]] inline status check_type(const gguf_tensor_to_write& t, std::string_view file) {
  const auto fault = [&](std::string_view what) {
    return tensor_fault(file, t.name, errc::invalid_argument, what);
  };
  const ggml_traits* const type = traits_of(t.type);
  if (type == nullptr) return fault("expected a known type, found unknown.");
  if (types_of(type->id).front() != type)
    return fault(join("expected a type with a number of its own, found ", type->name,
                      ", whose number ", type->id, " means ", types_of(type->id).front()->name,
                      " too."));
  std::uint64_t bytes = 0;
  if (!gguf_tensor_bytes(t.type, t.dims, bytes) || bytes > std::uint64_t{1} << 62)
    return fault(join("expected whole blocks of ", type->block_weights, " weights for ", type->name,
                      ", and fewer than 2^60 weights, found the dimensions ", spelled(t.dims),
                      "."));
  if (t.produce == nullptr && t.bytes.size() != bytes)
    return fault(join("expected ", bytes, " bytes for ", spelled(t.dims), " of ", type->name,
                      ", found ", t.bytes.size(), "."));
  return done{};
}

[[nodiscard]] inline status check_tensor(const gguf_tensor_to_write& t, std::string_view file) {
  const auto fault = [&](std::string_view what) {
    return tensor_fault(file, t.name, errc::invalid_argument, what);
  };
  if (t.name.empty() || t.name.size() > longest_written_name || !is_utf8(t.name))
    return fault(join("expected a name of 1 to ", longest_written_name, " bytes of UTF-8, found ",
                      t.name.size(), " bytes."));
  if (t.dims.empty() || t.dims.size() > 4)
    return fault(join("expected 1 to 4 dimensions, found ", t.dims.size(), "."));
  if (t.produce != nullptr && (!t.bytes.empty() || t.part_multiple == 0))
    return fault("expected no bytes and a part_multiple above 0 beside a producer.");
  return check_type(t, file);
}

[[nodiscard]] inline status check_tensors(std::span<const gguf_tensor_to_write> tensors,
                                          std::string_view file) {
  std::vector<std::string_view> names;
  for (const gguf_tensor_to_write& t : tensors) {
    if (status ok = check_tensor(t, file); !ok) return ok;
    names.push_back(t.name);
  }
  if (std::string_view name; occurs_twice(names, name))
    return tensor_fault(file, name, errc::invalid_argument, "two tensors have this name.");
  return done{};
}

}  // namespace trilith::io::gguf

#endif
