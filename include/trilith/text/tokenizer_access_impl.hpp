#ifndef TRILITH_TEXT_TOKENIZER_ACCESS_IMPL_HPP
#define TRILITH_TEXT_TOKENIZER_ACCESS_IMPL_HPP

#include <trilith/text/tokenizer.hpp>

#include <utility>

namespace trilith::text::detail {

/// Makes a tokenizer of a vocabulary that was checked and indexed.
struct tokenizer_access {
  [[nodiscard]] static tokenizer make(vocabulary words, piece_index index, encoder how = nullptr) {
    return tokenizer(std::move(words), std::move(index), how);
  }
  [[nodiscard]] static encoder encoder_of(const tokenizer& t) { return t.encoder_; }
};

}  // namespace trilith::text::detail

#endif
