#ifndef TRILITH_INFER_CHAT_TRANSCRIPT_HPP
#define TRILITH_INFER_CHAT_TRANSCRIPT_HPP

#include <trilith/infer/chat_style.hpp>

#include <string>
#include <string_view>
#include <vector>

/// What a chat keeps of its turns, without any model.
namespace trilith::chatting {

/// The tokens of a conversation, of which a session's cache holds the first ones: a head that is
/// kept (BOS, the system turn), then turns, the oldest of which can be dropped.
struct transcript {
  tokens all = {};
  std::size_t head = 0;                  ///< tokens
  std::vector<std::size_t> starts = {};  ///< of the turns

  /// Forgets the oldest turns, at most `most`, until `spare` more tokens fit. Returns how many.
  std::size_t drop(std::size_t spare, std::size_t context, std::size_t most) {
    std::size_t turns = 0, cut = head;
    while (turns < most && all.size() - (cut - head) + spare > context) {
      ++turns;
      cut = turns < starts.size() ? starts[turns] : all.size();
    }
    const auto at = [](auto& list, std::size_t i) {
      return list.begin() + static_cast<std::ptrdiff_t>(i);
    };
    all.erase(at(all, head), at(all, cut));
    starts.erase(starts.begin(), at(starts, turns));
    for (std::size_t& start : starts) start -= cut - head;
    return turns;
  }

  /// Tokens that both begin with.
  [[nodiscard]] std::size_t shared_with(const transcript& other) const noexcept {
    std::size_t i = 0;
    while (i < all.size() && i < other.all.size() && all[i] == other.all[i]) ++i;
    return i;
  }
};

/// Drops the white space that a reply begins with.
class reply_text {
 public:
  [[nodiscard]] std::string_view add(std::string_view piece) {
    while (text_.empty() && !piece.empty() && (piece[0] == ' ' || piece[0] == '\n'))
      piece.remove_prefix(1);
    text_ += piece;
    return piece;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

[[nodiscard]] inline error too_long(std::size_t head, std::size_t turn, std::size_t context) {
  return {errc::out_of_context,
          join("chat: expected a turn of at most ", context > head + 1 ? context - head - 1 : 0,
               " tokens, which a context of ", context, " has room for, found ", turn, ".")};
}

}  // namespace trilith::chatting

#endif
