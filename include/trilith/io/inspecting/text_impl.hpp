#ifndef TRILITH_IO_INSPECTING_TEXT_IMPL_HPP
#define TRILITH_IO_INSPECTING_TEXT_IMPL_HPP

#include <trilith/io/inspecting/tree_impl.hpp>
#include <trilith/io/safetensors/json_impl.hpp>
#include <trilith/text/check_text_impl.hpp>

#include <algorithm>
#include <string>

/// An inspection as text and as JSON.
namespace trilith::io::inspecting {

/// At most `most` characters, cut between two of them.
[[nodiscard]] inline std::string shortened(std::string s, std::size_t most) {
  std::size_t at = 0, characters = 0;
  while (at < s.size() && characters < most) {
    at += text::character_length(std::string_view(s).substr(at));
    ++characters;
  }
  if (at >= s.size()) return s;
  const std::string left = std::to_string(s.size());
  return s.substr(0, at) + "...  (" + left + " bytes)";
}

[[nodiscard]] inline std::string total_line(const char* label, const inspected_total& sum) {
  return join(label, ": ", grouped(sum.tensors), sum.tensors == 1 ? " tensor, " : " tensors, ",
              grouped(sum.weights), " weights, ", grouped(sum.bytes), " bytes, ",
              bits(sum.bits_per_weight()), " a weight\n");
}

[[nodiscard]] inline std::string spelled(std::string_view text) {
  return json::spelled(std::string_view(text::detail::with_replacements(text)));
}

[[nodiscard]] inline std::string json_of(const inspected_total& t) {
  return join("{\"tensors\": ", t.tensors, ", \"weights\": ", t.weights, ", \"bytes\": ", t.bytes,
              ", \"bits_per_weight\": ", json::spelled(t.bits_per_weight()), "}");
}
[[nodiscard]] inline std::string json_of(const inspected_tensor& t) {
  return join("{\"name\": ", spelled(t.name), ", \"type\": ", spelled(t.type),
              ", \"shape\": ", sizes(t), ", \"weights\": ", t.weights, ", \"bytes\": ", t.bytes,
              ", \"bits_per_weight\": ", json::spelled(t.bits_per_weight()),
              ", \"remark\": ", spelled(t.remark), "}");
}
[[nodiscard]] inline std::string json_of(const inspected_pair& p) {
  return join("[", spelled(p.key), ", ", spelled(p.value), "]");
}
[[nodiscard]] inline std::string json_of(const std::string& text) {
  return spelled(text);
}
template <class Item>
[[nodiscard]] std::string json_list(const std::vector<Item>& items) {
  std::string out = "[";
  for (const Item& item : items) out += (out.size() == 1 ? "\n  " : ",\n  ") + json_of(item);
  return out += "]";
}

}  // namespace trilith::io::inspecting

namespace trilith::TRILITH_IMPLEMENTED {

std::string inspection_text(const io::inspection& of, bool fold_layers) {
  using namespace io::inspecting;
  std::string out;
  if (!of.file.empty()) out += join("file          ", printable(of.file), "\n");
  out += join("format        ", of.format, "\n");
  if (!of.architecture.empty()) out += join("architecture  ", printable(of.architecture), "\n");
  if (!of.metadata.empty()) out += "metadata\n";
  std::size_t width = 0;
  for (const io::inspected_pair& p : of.metadata)
    width = std::max(width, std::min<std::size_t>(printable(p.key).size(), 44));
  for (const io::inspected_pair& p : of.metadata)
    out += "  " + padded(printable(p.key), width) + shortened(printable(p.value), 90) + "\n";
  if (!of.tensors.empty()) out += "tensors\n";
  tree_writer tree(of);
  tree.add(groups_of(of), fold_layers);
  out += tree.text;
  if (of.all.tensors != 0) out += total_line("total", of.all);
  if (of.layer_matrices.tensors != 0) out += total_line("matrices of layers", of.layer_matrices);
  for (const std::string& note : of.notes) out += join("note          ", printable(note), "\n");
  return out;
}

result<std::string> inspection_json(const io::inspection& of) {
  using namespace io::inspecting;
  if (status ok = io::json::available(of.file); !ok) return std::move(ok).error();
  return join("{\n\"file\": ", spelled(of.file), ",\n\"format\": ", spelled(of.format),
              ",\n\"architecture\": ", spelled(of.architecture),
              ",\n\"metadata\": ", json_list(of.metadata),
              ",\n\"tensors\": ", json_list(of.tensors), ",\n\"total\": ", json_of(of.all),
              ",\n\"layer_matrices\": ", json_of(of.layer_matrices),
              ",\n\"notes\": ", json_list(of.notes), "\n}\n");
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
