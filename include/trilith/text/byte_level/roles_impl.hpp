#ifndef TRILITH_TEXT_BYTE_LEVEL_ROLES_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_ROLES_IMPL_HPP

#include <trilith/text/check_vocabulary_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace trilith::text::detail {

/// Pieces that end a text or a turn wherever they occur; eos, where nobody says which it is, is the
/// first of them that a vocabulary has.
inline constexpr std::array<std::string_view, 9> end_names{
    "<|end_of_text|>", "<|endoftext|>", "</s>",    "<eos>",        "<|eot_id|>",
    "<|im_end|>",      "<|eom_id|>",    "<|end|>", "<end_of_turn>"};

/// Pieces that begin a text or a turn. A file that calls them normal text is believed as little as
/// one that says so of an end: text that someone else wrote must not be able to spell them.
inline constexpr std::array<std::string_view, 5> begin_names{
    "<|begin_of_text|>", "<|im_start|>", "<|start_header_id|>", "<|end_header_id|>",
    "<start_of_turn>"};

template <class Item, class Items>
[[nodiscard]] bool is_one_of(const Item& item, const Items& items) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

/// Marks a piece by its meaning, unless it is of a kind that has one already.
inline void mark(vocabulary& words, std::int32_t id, piece_kind kind) {
  if (id < 0 || static_cast<std::size_t>(id) >= words.pieces.size()) return;
  piece& p = words.pieces[static_cast<std::size_t>(id)];
  if (is_text(p.kind) || p.kind == piece_kind::unused) p.kind = kind;
}

/// Marks the pieces that have a meaning by their number or their name, and lists the stop tokens.
inline void complete_roles(vocabulary& words) {
  mark(words, words.bos, piece_kind::control);
  mark(words, words.eos, piece_kind::control);
  mark(words, words.unknown, piece_kind::unknown);
  for (std::size_t i = 0; i < words.pieces.size(); ++i) {
    const std::string_view text = words.pieces[i].text;
    if (!text.starts_with('<') || !text.ends_with('>')) continue;
    const auto token = static_cast<std::int32_t>(i);
    const bool ends = is_one_of(text, end_names);
    if (ends || is_one_of(text, begin_names)) mark(words, token, piece_kind::control);
    if (ends && token != words.eos && words.pieces[i].kind == piece_kind::control &&
        !is_one_of(token, words.stop))
      words.stop.push_back(token);
  }
}

}  // namespace trilith::text::detail

#endif
