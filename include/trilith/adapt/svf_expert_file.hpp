#ifndef TRILITH_ADAPT_SVF_EXPERT_FILE_HPP
#define TRILITH_ADAPT_SVF_EXPERT_FILE_HPP

#include <trilith/adapt/svf_channels.hpp>
#include <trilith/adapt/svf_expert.hpp>
#include <trilith/adapt/svf_tensors.hpp>

/// Experts in safetensors files: of a matrix NAME the tensor NAME.z, and in the metadata what its
/// numbers are.
namespace trilith::inline TRILITH_ABI {

namespace detail {

inline constexpr std::string_view expert_format = "trilith expert";

[[nodiscard]] inline status save_parts(std::string_view path, std::span<const expert_part> parts,
                                       std::vector<io::metadata_pair> metadata) {
  std::vector<named_floats> all;
  for (const expert_part& p : parts) all.push_back({p.name + ".z", {p.z.size()}, p.z});
  return write_floats(path, expert_format, std::move(metadata), all);
}

[[nodiscard]] inline result<std::vector<expert_part>> read_parts(const io::safetensors_file& file) {
  std::vector<expert_part> out;
  for (const io::tensor_entry& t : file.tensors()) {
    if (!t.name.ends_with(".z"))
      return unexpected(errc::malformed, file.name(), t.name, "a name that ends with .z",
                        spelled(t));
    const auto z = find_floats(file, t.name, 1, "[n]");
    if (!z) return z.error();
    out.push_back({t.name.substr(0, t.name.size() - 2), std::vector<float>((*z)->shape[0])});
    copy_floats(file, t, out.back().z);
    if (!is_finite(absmax(out.back().z.data(), out.back().z.size())))
      return unexpected(errc::invalid_value, file.name(), t.name, "finite numbers", "others");
  }
  return out;
}

[[nodiscard]] inline result<io::safetensors_file> open_expert(std::string_view path,
                                                              std::string_view numbers) {
  auto file = open_floats(path, expert_format);
  if (!file) return file;
  if (status ok = expect_metadata(*file, "numbers", numbers, errc::mismatch); !ok)
    return std::move(ok).error();
  return file;
}

}  // namespace detail

/// Writes the file whole, or leaves the old one. Errors: those of io::write_safetensors().
[[nodiscard]] inline status save_expert(std::string_view path, const svf_expert& expert) {
  return detail::save_parts(
      path, expert.parts,
      {{"numbers", "singular values"}, {"renormalised", expert.renormalised ? "yes" : "no"}});
}
[[nodiscard]] inline status save_expert(std::string_view path, const channel_expert& expert) {
  return detail::save_parts(path, expert.parts, {{"numbers", "channels"}});
}

/// Errors: file_not_found, io_failure; truncated, and malformed for damage and foreign files;
/// mismatch for an expert of channels; invalid_value for numbers that are not finite; unsupported
/// for another version. Its parts are in the order of their names.
[[nodiscard]] inline result<svf_expert> load_svf_expert(std::string_view path) {
  const auto file = detail::open_expert(path, "singular values");
  if (!file) return file.error();
  auto parts = detail::read_parts(*file);
  if (!parts) return std::move(parts).error();
  const std::string* const renormalised = file->find_metadata("renormalised");
  if (renormalised == nullptr || (*renormalised != "yes" && *renormalised != "no"))
    return error{errc::malformed, join(file->name(), ": expected renormalised = yes or no, found ",
                                       renormalised == nullptr ? "none" : *renormalised, ".")};
  return svf_expert{std::move(*parts), *renormalised == "yes"};
}

/// As load_svf_expert(); mismatch for an expert of singular values.
[[nodiscard]] inline result<channel_expert> load_channel_expert(std::string_view path) {
  const auto file = detail::open_expert(path, "channels");
  if (!file) return file.error();
  auto parts = detail::read_parts(*file);
  if (!parts) return std::move(parts).error();
  return channel_expert{std::move(*parts)};
}

}  // namespace trilith::inline TRILITH_ABI

#endif
