#ifndef TRILITH_MODEL_TREE_TEXT_IMPL_HPP
#define TRILITH_MODEL_TREE_TEXT_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/model/tree_text.hpp>

#include <cstdio>

namespace trilith::TRILITH_IMPLEMENTED {

namespace tree {

inline void add_line(tree_text& tree, std::string_view line) {
  tree.text.append(2 * tree.depth, ' ').append(line).push_back('\n');
}

inline std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

/// Bits a parameter, with two decimals.
inline std::string bits(std::size_t bytes, std::size_t parameters) {
  char text[32];
  std::snprintf(
      text, sizeof text, "%.2f bits",
      parameters == 0 ? 0.0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(parameters));
  return text;
}

}  // namespace tree

void enter_part(tree_text& tree, std::string_view name) {
  const bool is_layer = name.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_layer && name != "0" && tree.hidden_below == 0) tree.hidden_below = tree.depth;
  if (tree.hidden_below == 0)
    tree::add_line(tree, is_layer ? join("0 ... ", tree.layers - 1, "  (", tree.layers, " alike)")
                                  : std::string(name));
  ++tree.depth;
}

void leave_part(tree_text& tree) {
  if (--tree.depth == tree.hidden_below) tree.hidden_below = 0;
}

void add_tensor(tree_text& tree, const tensor_line& t) {
  const std::size_t count = t.cols == 0 ? t.rows : t.rows * t.cols;
  tree.parameters += count;
  tree.bytes += t.bytes;
  if (tree.hidden_below != 0) return;
  const std::string sizes =
      t.cols == 0 ? join("[", t.rows, "]") : join("[", t.rows, ", ", t.cols, "]");
  tree::add_line(tree, join(tree::padded(std::string(t.name), 16), tree::padded(sizes, 18),
                            tree::padded(tree::bits(t.bytes, count), 12),
                            tree::padded(join(grouped(t.bytes), " bytes"), 20), t.storage));
}

void add_total(tree_text& tree) {
  tree.depth = 0;
  tree::add_line(tree,
                 join("total: ", grouped(tree.parameters), " parameters, ", grouped(tree.bytes),
                      " bytes, ", tree::bits(tree.bytes, tree.parameters), " a parameter"));
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
