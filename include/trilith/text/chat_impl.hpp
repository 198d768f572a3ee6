#ifndef TRILITH_TEXT_CHAT_IMPL_HPP
#define TRILITH_TEXT_CHAT_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/chat.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// Bytes of the white space that `s` begins with, as Python's str.strip() sees it; 0: none.
[[nodiscard]] inline std::size_t white_space(std::string_view s) {
  if (s.empty()) return 0;
  const auto first = static_cast<unsigned char>(s[0]);
  if ((first >= 0x09 && first <= 0x0D) || (first >= 0x1C && first <= 0x20)) return 1;
  if (s.starts_with("\xC2\x85") || s.starts_with("\xC2\xA0")) return 2;
  for (const char* wide : {"\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
                           "\xE2\x81\x9F", "\xE3\x80\x80"})
    if (s.starts_with(wide)) return 3;
  const bool is_quad = s.size() > 2 && s.starts_with("\xE2\x80") &&
                       static_cast<unsigned char>(s[2]) <= 0x8A;  // U+2000 to U+200A
  return is_quad ? 3 : 0;
}

[[nodiscard]] inline std::string_view stripped(std::string_view s) {
  while (const std::size_t n = white_space(s)) s.remove_prefix(n);
  std::size_t end = 0;
  for (std::size_t at = 0; at < s.size();) {
    const std::size_t white = white_space(s.substr(at));
    at += white != 0 ? white : std::max<std::size_t>(character_length(s.substr(at)), 1);
    if (white == 0) end = at;
  }
  return s.substr(0, end);
}

/// Puts the tokens of a conversation one behind the other; the first error stays.
class chat_writer {
 public:
  chat_writer(const tokenizer& words, chat_format format) : words_(words), format_(format) {}

  [[nodiscard]] chat_tokens take() {
    if (!good_) return std::move(good_).error();
    return std::move(out_);
  }

  void bos() {
    if (words_.bos() >= 0) out_.push_back(words_.bos());
  }

  void turn(const chat_message& message) {
    header(message.role, format_ == chat_format::chatml ? message.content : std::string_view{});
    if (format_ != chat_format::chatml) text(stripped(message.content));
    end();
  }

  /// `content` follows the role in the same text, where the format has it so.
  void header(std::string_view role, std::string_view content) {
    if (!is_word(role)) return fail(role);
    switch (format_) {
      case chat_format::bitnet:
        return text(capitalized(role) + ": ");
      case chat_format::llama3:
        control("<|start_header_id|>");
        text(role);
        control("<|end_header_id|>");
        return text("\n\n");
      case chat_format::chatml:
        control("<|im_start|>");
        return text(join(role, "\n", content));
    }
  }

  void end() {
    control(end_name());
    if (format_ == chat_format::chatml) text("\n");
  }

  /// The token that ends a reply, and what the vocabulary lists besides.
  void stops() {
    control(end_name());
    if (words_.eos() >= 0) add_once(words_.eos());
    for (const std::int32_t token : words_.vocab().stop) add_once(token);
  }

 private:
  [[nodiscard]] static bool is_word(std::string_view role) {
    return !role.empty() && std::all_of(role.begin(), role.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
  }

  /// As the reference and Jinja's `capitalize` do it.
  [[nodiscard]] static std::string capitalized(std::string_view role) {
    std::string out(role);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
    return out;
  }

  [[nodiscard]] std::string_view end_name() const {
    return format_ == chat_format::chatml ? "<|im_end|>" : "<|eot_id|>";
  }

  void fail(std::string_view role) {
    if (good_)
      good_ = error{errc::invalid_argument,
                    join("chat: the role is ", in_quotes(role),
                         "; expected a word of plain letters: system, user or assistant.")};
  }

  void control(std::string_view name) {
    const std::int32_t token = words_.find(name);
    const bool is_control =
        token >= 0 &&
        words_.vocab().pieces[static_cast<std::size_t>(token)].kind == piece_kind::control;
    if (is_control) return out_.push_back(token);
    static constexpr std::string_view formats[] = {"BitNet's", "LLaMA-3's", "ChatML's"};
    if (good_)
      good_ = error{errc::mismatch,
                    join("chat: the tokenizer has no control piece ", name, ", which ",
                         formats[static_cast<std::size_t>(format_)], " chat format needs.")};
  }

  void text(std::string_view s) {
    if (!good_ || s.empty()) return;
    auto tokens = words_.encode(s, {.bos = false});
    if (tokens)
      out_.insert(out_.end(), tokens->begin(), tokens->end());
    else
      good_ = std::move(tokens).error();
  }

  void add_once(std::int32_t token) {
    if (std::find(out_.begin(), out_.end(), token) == out_.end()) out_.push_back(token);
  }

  const tokenizer& words_;
  chat_format format_;
  std::vector<std::int32_t> out_;
  status good_ = done{};
};

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

text::chat_tokens encode_chat_turn(const text::tokenizer& words, text::chat_format format,
                                   const text::chat_message& message) {
  text::detail::chat_writer out(words, format);
  out.turn(message);
  return out.take();
}

text::chat_tokens encode_chat_reply(const text::tokenizer& words, text::chat_format format,
                                    bool begin) {
  text::detail::chat_writer out(words, format);
  if (begin)
    out.header("assistant", {});
  else
    out.end();
  return out.take();
}

text::chat_tokens encode_conversation(const text::tokenizer& words, text::chat_format format,
                                      std::span<const text::chat_message> messages, bool reply) {
  text::detail::chat_writer out(words, format);
  out.bos();
  for (const text::chat_message& message : messages) out.turn(message);
  if (reply) out.header("assistant", {});
  return out.take();
}

text::chat_tokens chat_stop_tokens(const text::tokenizer& words, text::chat_format format) {
  text::detail::chat_writer out(words, format);
  out.stops();
  return out.take();
}

result<text::chat_format> recognize_chat_format(std::string_view jinja) {
  using text::chat_format;
  const auto has = [&](std::string_view mark) { return jinja.find(mark) != jinja.npos; };
  if (has("<|start_header_id|>")) return chat_format::llama3;
  if (has("<|im_start|>")) return chat_format::chatml;
  const bool says_roles = has("capitalize") || has("User: ") || has("Assistant: ");
  if ((has("<|eot_id|>") && says_roles) || has("BITNETAssistant: ")) return chat_format::bitnet;
  return error{errc::unsupported,
               join("chat: the template ", text::detail::in_quotes(jinja),
                    " writes none of the formats known here: BitNet's, LLaMA-3's and ChatML.")};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
