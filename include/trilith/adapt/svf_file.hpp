#ifndef TRILITH_ADAPT_SVF_FILE_HPP
#define TRILITH_ADAPT_SVF_FILE_HPP

#include <trilith/adapt/svf_tensors.hpp>

/// Singular values of a model in a safetensors file: of a matrix NAME the tensors NAME.u [Out, r],
/// NAME.s [r] and NAME.v [In, r], and in the metadata "weights.NAME", the fingerprint of the
/// weights they are of.
namespace trilith::inline TRILITH_ABI {

namespace detail {

inline constexpr std::string_view factors_format = "trilith singular values";

[[nodiscard]] inline bool number_from_hex(std::string_view text, std::uint64_t& out) noexcept {
  out = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return false;
    out = out << 4 | static_cast<std::uint64_t>(digit);
  }
  return text.size() == 16;
}

[[nodiscard]] inline result<singular_values> read_values(const io::safetensors_file& file,
                                                         const std::string& name) {
  const auto s = find_floats(file, name + ".s", 1, "[r]");
  if (!s) return s.error();
  const std::uint64_t rank = (*s)->shape[0];
  const auto u = find_floats(file, name + ".u", 2, join("[Out, ", rank, "]"));
  if (!u) return u.error();
  const auto v = find_floats(file, name + ".v", 2, join("[In, ", rank, "]"));
  if (!v) return v.error();
  for (const io::tensor_entry* const t : {*u, *v})
    if (t->shape[1] != rank)
      return unexpected(errc::malformed, file.name(), t->name, join(rank, " columns"), spelled(*t));
  singular_values out((*u)->shape[0], (*v)->shape[0], rank);
  copy_floats(file, **u, out.u.elements.span());
  copy_floats(file, **s, out.s.span());
  copy_floats(file, **v, out.v.elements.span());
  return out;
}

[[nodiscard]] inline result<std::uint64_t> read_fingerprint(const io::safetensors_file& file,
                                                            const std::string& name) {
  const std::string* const text = file.find_metadata("weights." + name);
  std::uint64_t print = 0;
  if (text != nullptr && number_from_hex(*text, print)) return print;
  return unexpected(errc::malformed, file.name(), name, "a fingerprint of 16 digits",
                    text == nullptr ? "none" : *text);
}

}  // namespace detail

/// Writes the file whole, or leaves the old one. Errors: those of io::write_safetensors().
[[nodiscard]] inline status save_svf(std::string_view path, const svf_factors& factors) {
  std::vector<io::metadata_pair> metadata;
  std::vector<detail::named_floats> all;
  for (const auto& [name, print, w] : factors.matrices) {
    metadata.push_back({"weights." + name, hexadecimal(print)});
    all.push_back({name + ".u", {w.out(), w.rank()}, w.u.elements.span()});
    all.push_back({name + ".s", {w.rank()}, w.s.span()});
    all.push_back({name + ".v", {w.in(), w.rank()}, w.v.elements.span()});
  }
  return detail::write_floats(path, detail::factors_format, std::move(metadata), all);
}

/// All matrices of a file. Whatever they are used with compares its weights with them: load_svf()
/// with a model, svf_learner, apply_expert().
///
/// Errors: file_not_found, io_failure; truncated, and malformed for damage and foreign files;
/// unsupported for another version. Each names the file, the tensor, what was expected and what was
/// found. Cost: two passes over the file.
[[nodiscard]] inline result<svf_factors> load_svf(std::string_view path) {
  const auto file = detail::open_floats(path, detail::factors_format);
  if (!file) return file.error();
  svf_factors out;
  out.origin = path;
  for (const io::tensor_entry& t : file->tensors()) {
    if (!t.name.ends_with(".s")) continue;
    const std::string name = t.name.substr(0, t.name.size() - 2);
    auto values = detail::read_values(*file, name);
    if (!values) return std::move(values).error();
    const auto print = detail::read_fingerprint(*file, name);
    if (!print) return print.error();
    out.matrices.push_back({name, *print, std::move(*values)});
  }
  return out;
}
/// The same for a model: mismatch where the file is not of its weights, see expect_weights().
template <Realisation Model>
[[nodiscard]] result<svf_factors> load_svf(std::string_view path, const Model& model) {
  auto out = load_svf(path);
  if (!out) return out;
  if (status same = expect_weights(*out, model); !same) return std::move(same).error();
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
