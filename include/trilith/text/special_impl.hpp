#ifndef TRILITH_TEXT_SPECIAL_IMPL_HPP
#define TRILITH_TEXT_SPECIAL_IMPL_HPP

#include <trilith/text/tokenizer.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace trilith::text::detail {

inline constexpr std::uint8_t matches_user_defined = 1;
inline constexpr std::uint8_t matches_control = 2;

/// Who is matched in text: user-defined pieces always, control pieces on request.
[[nodiscard]] inline std::uint8_t match_of(piece_kind kind) {
  if (kind == piece_kind::user_defined) return matches_user_defined;
  return kind == piece_kind::control || kind == piece_kind::unknown ? matches_control : 0;
}

[[nodiscard]] inline const piece& piece_of(const vocabulary& words, std::int32_t token) {
  return words.pieces[static_cast<std::size_t>(token)];
}

/// Sorts the pieces that are not normal by their text, and notes the bytes they begin with.
inline void index_special(const vocabulary& words, piece_index& index) {
  for (std::size_t i = 0; i < words.pieces.size(); ++i) {
    const piece& p = words.pieces[i];
    if (p.kind == piece_kind::normal) continue;
    index.special.push_back(static_cast<std::int32_t>(i));
    std::uint8_t& starts = index.special_starts[static_cast<unsigned char>(p.text[0])];
    starts = static_cast<std::uint8_t>(starts | match_of(p.kind));
  }
  std::sort(index.special.begin(), index.special.end(), [&](std::int32_t a, std::int32_t b) {
    const int order = piece_of(words, a).text.compare(piece_of(words, b).text);
    return order < 0 || (order == 0 && a < b);
  });
}

/// A special piece in a text; token -1: there is none.
struct special_match {
  std::size_t begin = 0, length = 0;
  std::int32_t token = -1;
};

/// Finds special pieces in a text, the first one and of those the longest.
class special_finder {
 public:
  /// wanted: the sum of matches_... that count.
  special_finder(const tokenizer& with, std::uint8_t wanted)
      : words_(with.vocab()), index_(with.index()), wanted_(wanted) {
    std::uint8_t all = 0;
    for (const std::uint8_t starts : index_.special_starts)
      all = static_cast<std::uint8_t>(all | starts);
    any_ = (all & wanted_) != 0;
  }

  /// The first match at or after `from`; one behind the end where there is none.
  [[nodiscard]] special_match next(std::string_view text, std::size_t from) const {
    for (std::size_t at = from; any_ && at < text.size(); ++at) {
      if ((index_.special_starts[static_cast<unsigned char>(text[at])] & wanted_) == 0) continue;
      const special_match found = longest(text, at);
      if (found.token >= 0) return found;
    }
    return {text.size(), 0, -1};
  }

 private:
  /// Narrows the sorted pieces to those that share one more byte of the text, again and again.
  [[nodiscard]] special_match longest(std::string_view text, std::size_t at) const {
    special_match best{at, 0, -1};
    auto first = index_.special.begin(), last = index_.special.end();
    for (std::size_t n = 0; first != last; ++n) {
      for (; first != last && text_of(*first).size() == n; ++first)
        if (best.length != n && counts(*first)) best = {at, n, *first};
      if (at + n == text.size()) break;
      const auto byte = static_cast<unsigned char>(text[at + n]);
      const auto byte_of = [&](std::int32_t t) {
        return static_cast<unsigned char>(text_of(t)[n]);
      };
      first = std::lower_bound(first, last, byte,
                               [&](std::int32_t t, unsigned char b) { return byte_of(t) < b; });
      last = std::upper_bound(first, last, byte,
                              [&](unsigned char b, std::int32_t t) { return b < byte_of(t); });
    }
    return best;
  }

  [[nodiscard]] const std::string& text_of(std::int32_t token) const {
    return piece_of(words_, token).text;
  }
  [[nodiscard]] bool counts(std::int32_t token) const {
    return (match_of(piece_of(words_, token).kind) & wanted_) != 0;
  }

  const vocabulary& words_;
  const piece_index& index_;
  std::uint8_t wanted_;
  bool any_ = false;
};

/// Cuts a text at its special pieces: `on_text(part)` and `on_token(token)` hear of all of it, in
/// order. White space beside a piece that strips it belongs to neither.
template <class OnText, class OnToken>
void cut_at_special(const special_finder& find, const vocabulary& words, std::string_view text,
                    OnText&& on_text, OnToken&& on_token) {
  static constexpr std::string_view white = " \t\n\r\v\f";
  for (std::size_t at = 0; at < text.size();) {
    const special_match found = find.next(text, at);
    std::string_view part = text.substr(at, found.begin - at);
    at = found.begin + found.length;
    if (found.token >= 0 && piece_of(words, found.token).strip_left)
      part = part.substr(0, part.find_last_not_of(white) + 1);
    if (!part.empty()) on_text(part);
    if (found.token < 0) continue;
    on_token(found.token);
    if (piece_of(words, found.token).strip_right)
      at = std::min(text.find_first_not_of(white, at), text.size());
  }
}

}  // namespace trilith::text::detail

#endif
