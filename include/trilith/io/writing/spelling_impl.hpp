#ifndef TRILITH_IO_WRITING_SPELLING_IMPL_HPP
#define TRILITH_IO_WRITING_SPELLING_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/write_model.hpp>
#include <trilith/text/byte_level/spelling_impl.hpp>
#include <trilith/text/chat.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/tokenizer.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

/// Pieces and merges as the files of other programs spell them.
namespace trilith::io::writing {

using text::piece_kind;
using text::pre_tokenizer;

/// Bytes in GPT-2's spelling, the inverse of text::detail::unspell_bytes.
[[nodiscard]] inline std::string spell_bytes(std::string_view bytes) {
  static const std::array<std::string, 256> table = [] {
    std::array<std::string, 256> out;
    const auto& byte_of = text::detail::bytes_of_spelling();
    for (std::size_t c = 0; c < byte_of.size(); ++c) {
      if (byte_of[c] < 0) continue;
      std::string& spelled = out[static_cast<std::size_t>(byte_of[c])];
      if (c >= 0x80) spelled += static_cast<char>(0xC0 | (c >> 6));
      spelled += static_cast<char>(c < 0x80 ? c : 0x80 | (c & 0x3F));
    }
    return out;
  }();
  std::string out;
  for (const char byte : bytes) out += table[static_cast<unsigned char>(byte)];
  return out;
}

/// SentencePiece's spelling: spaces are U+2581.
[[nodiscard]] inline std::string spell_spaces(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == ' ')
      out += text::detail::space_symbol;
    else
      out += c;
  return out;
}

[[nodiscard]] inline std::string spelled(const text::vocabulary& words, const text::piece& p) {
  if (words.pre == pre_tokenizer::none) return spell_spaces(p.text);
  return p.kind == piece_kind::normal ? spell_bytes(p.text) : p.text;
}

[[nodiscard]] inline std::int32_t token_type(piece_kind kind) noexcept {
  switch (kind) {
    case piece_kind::unknown:
      return 2;
    case piece_kind::control:
      return 3;
    case piece_kind::user_defined:
      return 4;
    case piece_kind::unused:
      return 5;
    case piece_kind::byte:
      return 6;
    default:
      return 1;
  }
}

/// The merges of a byte-level vocabulary. Where it has no list, every way of making a piece from
/// two others, by the piece, then by its parts.
[[nodiscard]] inline std::vector<text::merge_rule> merges_of(const text::vocabulary& words) {
  if (!words.merges.empty()) return words.merges;
  std::unordered_map<std::string_view, std::int32_t> tokens;
  for (std::size_t i = 0; i < words.pieces.size(); ++i)
    if (words.pieces[i].kind == piece_kind::normal)
      tokens.emplace(words.pieces[i].text, static_cast<std::int32_t>(i));
  std::vector<text::merge_rule> out, ways;
  for (const text::piece& p : words.pieces) {
    if (p.kind != piece_kind::normal) continue;
    ways.clear();
    for (std::size_t at = 1; at < p.text.size(); ++at) {
      const auto left = tokens.find(std::string_view(p.text).substr(0, at));
      const auto right = tokens.find(std::string_view(p.text).substr(at));
      if (left != tokens.end() && right != tokens.end())
        ways.push_back({left->second, right->second});
    }
    std::sort(ways.begin(), ways.end(), [](const text::merge_rule& a, const text::merge_rule& b) {
      return std::pair(a.left, a.right) < std::pair(b.left, b.right);
    });
    out.insert(out.end(), ways.begin(), ways.end());
  }
  return out;
}

/// The text of a special token, or "" where there is none.
[[nodiscard]] inline std::string_view text_of(const text::vocabulary& words, std::int32_t token) {
  return token < 0 ? std::string_view{} : words.pieces[static_cast<std::size_t>(token)].text;
}

/// The formats of chat.hpp as Jinja, in the order of text::chat_format. Templates that others
/// publish say the same and more.
inline constexpr std::array<std::string_view, 3> chat_templates{
    // bitnet
    "{{ bos_token }}{% for message in messages %}"
    "{{ message['role'] | capitalize }}: {{ message['content'] | trim }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}Assistant: {% endif %}",
    // llama3
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
    // chatml
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + "
    "message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"};

/// The template that was asked for, else the one of the format the source was found to have; 2B4T
/// has its own. Empty: none.
[[nodiscard]] inline std::string_view chat_template_of(const model_source& source,
                                                       const write_options& options) {
  if (source.tokenizer.size() == 0) return {};
  if (!options.chat_template.empty()) return options.chat_template;
  const source_facts& f = source.facts;
  const bool is_2b4t = f.has_sub_norms && f.gate == "relu_squared";
  std::string_view name = source.report.chat;
  if (is_2b4t && source.tokenizer.find("<|eot_id|>") >= 0 && (name.empty() || name == "none"))
    name = name_of(text::chat_format::bitnet);
  for (std::size_t i = 0; i < chat_templates.size(); ++i)
    if (text::chat_format_names[i] == name) return chat_templates[i];
  return {};
}

}  // namespace trilith::io::writing

#endif
