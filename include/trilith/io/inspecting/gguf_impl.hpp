#ifndef TRILITH_IO_INSPECTING_GGUF_IMPL_HPP
#define TRILITH_IO_INSPECTING_GGUF_IMPL_HPP

#include <trilith/io/gguf.hpp>
#include <trilith/io/inspecting/totals_impl.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace trilith::io::inspecting {

[[nodiscard]] inline std::string decimal(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

[[nodiscard]] inline std::string spelled(const gguf_value& value) {
  std::string_view text;
  bool truth = false;
  std::uint64_t whole = 0;
  std::int64_t negative = 0;
  double number = 0;
  if (value.as_string(text)) return std::string(text);
  if (value.as_bool(truth)) return truth ? "true" : "false";
  if (value.as_unsigned(whole)) return std::to_string(whole);
  if (value.as_signed(negative)) return std::to_string(negative);
  if (!value.as_float(number)) return {};
  const bool is_f32 = value.type() == gguf_type::f32;
  const std::string shortest = decimal(number, is_f32 ? 6 : 15);  // 1e-05, not 9.99999975e-06
  const double again = std::strtod(shortest.c_str(), nullptr);
  const bool is_exact =
      is_f32 ? static_cast<float>(again) == static_cast<float>(number) : again == number;
  return is_exact ? shortest : decimal(number, is_f32 ? 9 : 17);
}

/// "[1, 2, 3, ...]  (128256 of i32)"
[[nodiscard]] inline std::string spelled_array(const gguf_value& array) {
  std::string out = "[";
  std::uint64_t shown = 0;
  for (const gguf_value& element : array.elements()) {
    if (shown == shown_elements) break;
    const bool is_text = element.type() == gguf_type::string;
    out += join(shown == 0 ? "" : ", ", is_text ? "\"" : "", spelled(element), is_text ? "\"" : "");
    ++shown;
  }
  if (array.size() <= shown_elements) return out += "]";
  return out +=
         join(", ...]  (", array.size(), " values of type ", name_of(array.element_type()), ")");
}

[[nodiscard]] inline inspected_tensor shown(const gguf_tensor& from) {
  inspected_tensor t;
  t.name = from.name;
  t.type = from.type == ggml_type::unknown ? join("type ", from.type_id)
                                           : std::string(name_of(from.type));
  t.shape.assign(from.dims.rbegin(), from.dims.rend());
  t.bytes = from.bytes;
  t.remark = from.remark;
  set_weights(t);
  return t;
}

[[nodiscard]] inline result<inspection> inspect_gguf(std::string_view path) {
  const auto file = open_gguf(path, {.lenient = true});
  if (!file) return file.error();
  inspection out{std::string(path), join("GGUF v", file->version())};
  for (const gguf_field& field : file->metadata())
    out.metadata.push_back({std::string(field.key), field.value.is_array()
                                                        ? spelled_array(field.value)
                                                        : spelled(field.value)});
  if (const gguf_value* name = file->find("general.architecture"); name != nullptr)
    out.architecture = spelled(*name);
  for (const gguf_tensor& t : file->tensors()) {
    out.tensors.push_back(shown(t));
    if (!t.remark.empty()) out.notes.push_back(join("tensor ", t.name, ": ", t.remark));
  }
  return out;
}

}  // namespace trilith::io::inspecting

#endif
