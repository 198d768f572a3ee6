#ifndef TRILITH_INFER_CHAT_STYLE_HPP
#define TRILITH_INFER_CHAT_STYLE_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/chat.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

/// How the turns of a conversation become tokens.
namespace trilith {

/// The formats of text/chat.hpp, and one for models that know none.
enum class chat_style : std::uint8_t {
  bitnet,
  llama3,
  chatml,
  plain,  ///< "User: Hey\nAssistant:", a reply of one line: for models without a chat format
};

inline constexpr std::array<std::string_view, 4> chat_style_names{
    text::chat_format_names[0], text::chat_format_names[1], text::chat_format_names[2], "plain"};

[[nodiscard]] constexpr std::string_view name_of(chat_style style) noexcept {
  return chat_style_names[static_cast<std::size_t>(style)];
}

/// "bitnet, llama3, chatml, plain"
[[nodiscard]] inline std::string list_of_chat_styles() {
  std::string out;
  for (const std::string_view name : chat_style_names) out += join(out.empty() ? "" : ", ", name);
  return out;
}

/// The style of this name, such as load_report::chat has it. Error: unsupported, with all names.
[[nodiscard]] inline result<chat_style> chat_style_named(std::string_view name) {
  for (std::size_t i = 0; i < chat_style_names.size(); ++i)
    if (chat_style_names[i] == name) return static_cast<chat_style>(i);
  return error{errc::unsupported, join("chat: expected a format among ", list_of_chat_styles(),
                                       ", found ", name.empty() ? "none" : name, ".")};
}

namespace chatting {

using tokens = std::vector<std::int32_t>;

/// Appends; the first error stays.
class token_list {
 public:
  explicit token_list(tokens begin = {}) : all_(std::move(begin)) {}

  token_list& operator+=(result<tokens> more) {
    if (!ok_) return *this;
    if (more)
      all_.insert(all_.end(), more->begin(), more->end());
    else
      ok_ = std::move(more).error();
    return *this;
  }
  [[nodiscard]] result<tokens> take() {
    if (!ok_) return std::move(ok_).error();
    return std::move(all_);
  }

 private:
  status ok_ = done{};
  tokens all_;
};

[[nodiscard]] inline text::chat_format format_of(chat_style style) noexcept {
  return static_cast<text::chat_format>(style);
}

/// Line ends in a plain turn would end it.
[[nodiscard]] inline std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c == '\n' || c == '\r') c = ' ';
  return out;
}

/// What every conversation begins with: BOS, and the system turn where there is one.
[[nodiscard]] inline result<tokens> head(const text::tokenizer& words, chat_style style,
                                         std::string_view system) {
  token_list out(words.bos() >= 0 ? tokens{words.bos()} : tokens{});
  if (system.empty()) return out.take();
  if (style == chat_style::plain)
    out += words.encode(join(system, "\n"), {.bos = false});
  else
    out += text::encode_turn(words, format_of(style), {"system", std::string(system)});
  return out.take();
}

/// A turn of the user and what stands before the reply.
[[nodiscard]] inline result<tokens> question(const text::tokenizer& words, chat_style style,
                                             std::string_view user) {
  token_list out;
  if (style == chat_style::plain)
    return words.encode(join("User: ", one_line(user), "\nAssistant:"), {.bos = false});
  out += text::encode_turn(words, format_of(style), {"user", std::string(user)});
  out += text::begin_reply(words, format_of(style));
  return out.take();
}

/// What stands behind a reply.
[[nodiscard]] inline result<tokens> end_of_reply(const text::tokenizer& words, chat_style style) {
  if (style == chat_style::plain) return words.encode("\n", {.bos = false});
  return text::end_reply(words, format_of(style));
}

/// The tokens that end a reply; of the plain style, all that hold a line end.
[[nodiscard]] inline result<tokens> stops(const text::tokenizer& words, chat_style style) {
  if (style != chat_style::plain) return text::stop_tokens(words, format_of(style));
  tokens out = words.vocab().stop;
  const std::vector<text::piece>& pieces = words.vocab().pieces;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (pieces[i].text == "<0x0A>" || pieces[i].text.find('\n') != std::string::npos)
      out.push_back(static_cast<std::int32_t>(i));
  return out;
}

}  // namespace chatting
}  // namespace trilith

#endif
