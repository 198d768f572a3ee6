#ifndef TRILITH_TEXT_CHAT_HPP
#define TRILITH_TEXT_CHAT_HPP

#include <trilith/text/tokenizer.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::text {

/// How a conversation is written as tokens. [x] is a control token; what stands between two of them
/// or in quotation marks is encoded by itself, so that no token crosses the border.
enum class chat_format : std::uint8_t {
  bitnet,  ///< BitNet b1.58 2B4T: "User: " "Hey" [<|eot_id|>] "Assistant: "
  llama3,  ///< [<|start_header_id|>] user [<|end_header_id|>] "\n\n" "Hey" [<|eot_id|>]
  chatml,  ///< Qwen and others: [<|im_start|>] user\nHey [<|im_end|>] \n
};

inline constexpr std::array<std::string_view, 3> chat_format_names{"bitnet", "llama3", "chatml"};

[[nodiscard]] constexpr std::string_view name_of(chat_format format) noexcept {
  return chat_format_names[static_cast<std::size_t>(format)];
}

struct chat_message {
  std::string role;     ///< "system", "user" or "assistant"
  std::string content;  ///< always text: "<|eot_id|>" in it is no control token
};

using chat_tokens = result<std::vector<std::int32_t>>;

}  // namespace trilith::text

namespace trilith::TRILITH_IMPLEMENTED {
text::chat_tokens encode_chat_turn(const text::tokenizer& words, text::chat_format format,
                                   const text::chat_message& message);
text::chat_tokens encode_chat_reply(const text::tokenizer& words, text::chat_format format,
                                    bool begin);
text::chat_tokens encode_conversation(const text::tokenizer& words, text::chat_format format,
                                      std::span<const text::chat_message> messages, bool reply);
text::chat_tokens chat_stop_tokens(const text::tokenizer& words, text::chat_format format);
result<text::chat_format> recognize_chat_format(std::string_view jinja);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// The tokens of one turn, from its header to its end, without BOS: what a conversation that goes
/// on appends. White space around the content is dropped, except in ChatML.
///
/// Errors of all functions here: mismatch where the vocabulary lacks a control piece of the format,
/// invalid_argument for an empty role and for one that is not a plain word, invalid_value for text
/// that is not UTF-8.
[[nodiscard]] inline chat_tokens encode_turn(const tokenizer& words, chat_format format,
                                             const chat_message& message) {
  return TRILITH_IMPLEMENTED::encode_chat_turn(words, format, message);
}

/// What stands before a reply, for the model to go on from: "Assistant: ".
[[nodiscard]] inline chat_tokens begin_reply(const tokenizer& words, chat_format format) {
  return TRILITH_IMPLEMENTED::encode_chat_reply(words, format, true);
}

/// What stands behind a reply, the stop token included, which generate() does not write: append
/// it before the next turn.
[[nodiscard]] inline chat_tokens end_reply(const tokenizer& words, chat_format format) {
  return TRILITH_IMPLEMENTED::encode_chat_reply(words, format, false);
}

/// A whole conversation: BOS where the vocabulary has one, all turns and, if `reply`, what stands
/// before a reply. Equal to those parts one behind the other.
///
///     auto prompt = encode_chat(words, chat_format::bitnet, {{{"user", "Hey"}}});
[[nodiscard]] inline chat_tokens encode_chat(const tokenizer& words, chat_format format,
                                             std::span<const chat_message> messages,
                                             bool reply = true) {
  return TRILITH_IMPLEMENTED::encode_conversation(words, format, messages, reply);
}
[[nodiscard]] inline chat_tokens encode_chat(const tokenizer& words, chat_format format,
                                             const std::vector<chat_message>& messages,
                                             bool reply = true) {
  return encode_chat(words, format, std::span<const chat_message>(messages.data(), messages.size()),
                     reply);
}

/// The tokens that end a reply: the format's own first, then what the vocabulary lists.
[[nodiscard]] inline chat_tokens stop_tokens(const tokenizer& words, chat_format format) {
  return TRILITH_IMPLEMENTED::chat_stop_tokens(words, format);
}

/// The format that a Jinja template writes, recognised by the control pieces in it. The
/// placeholder of the official 2B4T GGUF ("BITNETAssistant: ") counts as bitnet. unsupported for
/// any other.
[[nodiscard]] inline result<chat_format> chat_format_of(std::string_view jinja) {
  return TRILITH_IMPLEMENTED::recognize_chat_format(jinja);
}

}  // namespace trilith::text

#endif
