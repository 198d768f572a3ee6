#ifndef TRILITH_TEXT_BYTE_LEVEL_MERGE_LIST_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_MERGE_LIST_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level/text_table_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <string_view>

namespace trilith::text::detail {

/// Adds the merge that a file spells "left right". No piece has a space in it, as files spell it.
[[nodiscard]] inline status add_merge(vocabulary& words, const text_table& spelled,
                                      std::string_view left, std::string_view right,
                                      std::string_view name) {
  const merge_rule m{spelled.find(left), spelled.find(right)};
  if (m.left < 0 || m.right < 0)
    return malformed(join(name, ": merge ", words.merges.size(), " is of ", in_quotes(left),
                          " and ", in_quotes(right), "; ", in_quotes(m.left < 0 ? left : right),
                          " is no token."));
  words.merges.push_back(m);
  return done{};
}

[[nodiscard]] inline status add_merge(vocabulary& words, const text_table& spelled,
                                      std::string_view both, std::string_view name) {
  const std::size_t space = both.find(' ');
  if (space == both.npos || both.find(' ', space + 1) != both.npos)
    return malformed(join(name, ": merge ", words.merges.size(), " is ", in_quotes(both),
                          "; expected two tokens and a space between them."));
  return add_merge(words, spelled, both.substr(0, space), both.substr(space + 1), name);
}

}  // namespace trilith::text::detail

#endif
