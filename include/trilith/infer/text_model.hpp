#ifndef TRILITH_INFER_TEXT_MODEL_HPP
#define TRILITH_INFER_TEXT_MODEL_HPP

#include <trilith/text/tokenizer.hpp>

namespace trilith {

/// A model with the tokenizer it was trained with.
template <class Model>
struct text_model {
  Model model;
  text::tokenizer tokenizer;
};

}  // namespace trilith

#endif
