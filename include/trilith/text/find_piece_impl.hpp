#ifndef TRILITH_TEXT_FIND_PIECE_IMPL_HPP
#define TRILITH_TEXT_FIND_PIECE_IMPL_HPP

#include <trilith/text/special_impl.hpp>

#include <algorithm>

namespace trilith::TRILITH_IMPLEMENTED {

std::int32_t find_piece(const text::tokenizer& words, std::string_view text) noexcept {
  const auto& special = words.index().special;
  const auto text_of = [&](std::int32_t token) -> std::string_view {
    return text::detail::piece_of(words.vocab(), token).text;
  };
  const auto found =
      std::lower_bound(special.begin(), special.end(), text,
                       [&](std::int32_t token, std::string_view t) { return text_of(token) < t; });
  if (found != special.end() && text_of(*found) == text) return *found;
  return words.index().find(words.vocab(), text);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
