#ifndef TRILITH_MODEL_TREE_TEXT_HPP
#define TRILITH_MODEL_TREE_TEXT_HPP

#include <trilith/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace trilith {

/// One tensor as a line of text tells of it. cols is 0 for a vector.
struct tensor_line {
  std::string_view name;
  std::size_t rows = 0, cols = 0, bytes = 0;
  std::string storage;
};

/// A tree of tensors being written; equal layers are written once.
struct tree_text {
  std::size_t layers = 0;  ///< how many "0", "1", ... follow each other
  std::string text;
  std::size_t parameters = 0, bytes = 0;
  std::size_t depth = 1;
  std::size_t hidden_below = 0;  ///< depth of the repeated layer the walk is in; 0: none
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
void enter_part(tree_text& tree, std::string_view name);
void leave_part(tree_text& tree);
void add_tensor(tree_text& tree, const tensor_line& tensor);
void add_total(tree_text& tree);
}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
