#ifndef TRILITH_IO_INSPECTING_TREE_IMPL_HPP
#define TRILITH_IO_INSPECTING_TREE_IMPL_HPP

#include <trilith/io/inspecting/totals_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

/// The tensors of an inspection as lines of text; layers that are alike once.
namespace trilith::io::inspecting {

/// `raw` for a terminal: control characters and bytes that are no UTF-8 as C writes them.
[[nodiscard]] inline std::string printable(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    const auto first = static_cast<unsigned char>(raw[0]);
    std::size_t length = text::character_length(raw);
    const bool is_c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(raw[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || is_c1) length = 0;
    out += raw[0] == '\n' ? "\\n"
           : length == 0  ? text::detail::byte_name(first)
                          : std::string(raw.substr(0, length));
    raw.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

[[nodiscard]] inline std::string padded(std::string s, std::size_t width) {
  if (s.size() < width) s.append(width - s.size(), ' ');
  return s + "  ";
}

[[nodiscard]] inline std::string bits(double per_weight) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f bits", per_weight);
  return text;
}

[[nodiscard]] inline std::string sizes(const inspected_tensor& t) {
  std::string out = "[";
  for (std::size_t i = 0; i < t.shape.size(); ++i) out += join(i == 0 ? "" : ", ", t.shape[i]);
  return out += "]";
}

/// The tensors with one prefix and layer number, or a tensor outside of layers.
struct tensor_group {
  std::string_view before, number;
  std::vector<const inspected_tensor*> members = {};
};

[[nodiscard]] inline std::vector<tensor_group> groups_of(const inspection& of) {
  std::vector<tensor_group> all;
  for (const inspected_tensor& t : of.tensors) {
    const layer_name name = split_at_layer(t.name);
    const bool is_next = !all.empty() && !name.number.empty() && all.back().before == name.before &&
                         all.back().number == name.number;
    if (!is_next) all.push_back({name.before, name.number});
    all.back().members.push_back(&t);
  }
  // sorted by name, layer 10 stands before layer 2
  for (auto first = all.begin(); first != all.end();) {
    auto last = first + 1;
    while (last != all.end() && !first->number.empty() && last->before == first->before) ++last;
    std::stable_sort(first, last, [](const tensor_group& a, const tensor_group& b) {
      return a.number.size() != b.number.size() ? a.number.size() < b.number.size()
                                                : a.number < b.number;
    });
    first = last;
  }
  return all;
}

[[nodiscard]] inline bool are_alike(const tensor_group& a, const tensor_group& b) {
  if (a.number.empty() || b.number.empty() || a.before != b.before ||
      a.members.size() != b.members.size())
    return false;
  for (std::size_t i = 0; i < a.members.size(); ++i) {
    const inspected_tensor &x = *a.members[i], &y = *b.members[i];
    if (split_at_layer(x.name).after != split_at_layer(y.name).after || x.type != y.type ||
        x.shape != y.shape || x.bytes != y.bytes)
      return false;
  }
  return true;
}

class tree_writer {
 public:
  explicit tree_writer(const inspection& of) {
    for (const inspected_tensor& t : of.tensors) {
      const layer_name name = split_at_layer(t.name);
      const std::string shown = printable(name.number.empty() ? t.name : name.after.substr(1));
      width_ = std::max(width_, std::min<std::size_t>(shown.size(), 40) + 2);
      type_width_ = std::max(type_width_, std::min<std::size_t>(t.type.size(), 60));
    }
  }

  void add(const std::vector<tensor_group>& all, bool fold) {
    for (std::size_t i = 0; i < all.size();) {
      std::size_t end = i + 1;
      while (fold && end < all.size() && are_alike(all[i], all[end])) ++end;
      add_group(all[i], all[end - 1], end - i);
      i = end;
    }
  }
  std::string text;

 private:
  void add_group(const tensor_group& first, const tensor_group& last, std::size_t count) {
    if (first.number.empty()) return add_line(*first.members[0], first.members[0]->name, 2);
    text += join("  ", printable(first.before), first.number);
    if (count > 1) text += join(" ... ", last.number, "  (", count, " alike)");
    text += '\n';
    for (const inspected_tensor* t : first.members) {
      const std::string_view after = split_at_layer(t->name).after;
      add_line(*t, after.empty() ? after : after.substr(1), 4);
    }
  }
  void add_line(const inspected_tensor& t, std::string_view name, std::size_t indent) {
    text.append(indent, ' ');
    text += padded(printable(name), width_ + 2 - indent) + padded(sizes(t), 16) +
            padded(printable(t.type), type_width_) + padded(bits(t.bits_per_weight()), 10) +
            grouped(t.bytes) + " bytes\n";
  }

  std::size_t width_ = 0, type_width_ = 4;
};

}  // namespace trilith::io::inspecting

#endif
