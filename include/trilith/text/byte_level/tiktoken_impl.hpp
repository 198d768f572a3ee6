#ifndef TRILITH_TEXT_BYTE_LEVEL_TIKTOKEN_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_TIKTOKEN_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level.hpp>
#include <trilith/text/little_endian_impl.hpp>
#include <trilith/text/spelling_impl.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

inline constexpr std::size_t llama3_ranks = 128000;

[[nodiscard]] inline int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// RFC 4648, section 4, padded; false where it is not.
[[nodiscard]] inline bool decode_base64(std::string_view s, std::string& out) {
  out.clear();
  if (s.empty() || s.size() % 4 != 0) return false;
  const std::size_t padding = s.ends_with("==") ? 2 : s.ends_with('=') ? 1 : 0;
  s.remove_suffix(padding);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const int digit = base64_digit(s[i]);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 != 0) out += static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xFF);
  }
  return padding == 0 || (bits & (padding == 1 ? 3u : 15u)) == 0;
}

/// A first line of base64, a space and a number.
[[nodiscard]] inline bool is_tiktoken(std::span<const unsigned char> bytes) {
  const std::string_view text = as_text(bytes).substr(0, 100000);
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t space = line.find(' ');
  if (space == line.npos || space == 0 || line.size() == space + 1) return false;
  const std::string_view rank = line.substr(space + 1);
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(space),
                     [](char c) { return base64_digit(c) >= 0 || c == '='; }) &&
         std::all_of(rank.begin(), rank.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class tiktoken_reader {
 public:
  tiktoken_reader(std::span<const unsigned char> bytes, std::string_view name)
      : rest_(as_text(bytes)), name_(name) {}

  [[nodiscard]] result<vocabulary> run(const tiktoken_rules& rules) {
    words_.pieces.reserve(static_cast<std::size_t>(std::count(rest_.begin(), rest_.end(), '\n')) +
                          rules.special.size() + 1);
    while (!rest_.empty())
      if (status good = read_line(); !good) return std::move(good).error();
    words_.dummy_prefix = false;
    words_.pre = rules.pre;
    words_.ignore_merges = rules.ignore_merges;
    if (status good = add_special(rules); !good) return std::move(good).error();
    return std::move(words_);
  }

  [[nodiscard]] std::size_t ranks() const { return words_.pieces.size(); }

 private:
  [[nodiscard]] error wrong_line(std::string_view line) const {
    return malformed(join(name_, ": line ", words_.pieces.size() + 1, " is ", in_quotes(line),
                          "; expected a token in base64, a space and the rank ",
                          words_.pieces.size(), "."));
  }

  [[nodiscard]] status read_line() {
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t space = line.find(' ');
    piece p;
    if (space == line.npos || !decode_base64(line.substr(0, space), p.text) ||
        line.substr(space + 1) != std::to_string(words_.pieces.size()))
      return wrong_line(line);
    words_.pieces.push_back(std::move(p));
    return done{};
  }

  [[nodiscard]] status add_special(const tiktoken_rules& rules) {
    const std::size_t first = words_.pieces.size();
    for (const std::string& text : rules.special)
      words_.pieces.push_back({text, 0, piece_kind::control});
    const auto number = [&](const std::string& text, std::int32_t& id) -> status {
      const auto found = std::find(rules.special.begin(), rules.special.end(), text);
      if (found == rules.special.end())
        return error{errc::invalid_argument,
                     join(name_, ": ", in_quotes(text), " is not among the special pieces.")};
      id = static_cast<std::int32_t>(first +
                                     static_cast<std::size_t>(found - rules.special.begin()));
      return done{};
    };
    if (!rules.bos.empty())
      if (status good = number(rules.bos, words_.bos); !good) return good;
    if (!rules.eos.empty())
      if (status good = number(rules.eos, words_.eos); !good) return good;
    for (const std::string& text : rules.stop)
      if (status good = number(text, words_.stop.emplace_back()); !good) return good;
    return done{};
  }

  std::string_view rest_, name_;
  vocabulary words_;
};

/// A file by itself: the only ranks that say what they are by their number are LLaMA-3's.
[[nodiscard]] inline result<tokenizer> read_llama3(std::span<const unsigned char> bytes,
                                                   std::string_view name) {
  result<vocabulary> words = tiktoken_reader(bytes, name).run(llama3_rules());
  if (!words) return std::move(words).error();
  const std::size_t ranks = words->pieces.size() - llama3_rules().special.size();
  if (ranks != llama3_ranks)
    return error{errc::unsupported,
                 join(name, " has ", ranks, " tiktoken ranks; expected the ", llama3_ranks,
                      " of LLaMA-3. text::parse_tiktoken() reads others, told their rules.")};
  return make_byte_level_tokenizer(std::move(words).value(), name);
}

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

text::tiktoken_rules rules_of_llama3() {
  text::tiktoken_rules rules;
  rules.special = {"<|begin_of_text|>",
                   "<|end_of_text|>",
                   "<|reserved_special_token_0|>",
                   "<|reserved_special_token_1|>",
                   "<|reserved_special_token_2|>",
                   "<|reserved_special_token_3|>",
                   "<|start_header_id|>",
                   "<|end_header_id|>",
                   "<|reserved_special_token_4|>",
                   "<|eot_id|>"};
  for (unsigned i = 5; rules.special.size() < 256; ++i)
    rules.special.push_back(join("<|reserved_special_token_", i, "|>"));
  rules.bos = rules.special[0];
  rules.eos = rules.special[1];
  rules.stop = {"<|eot_id|>"};
  return rules;
}

result<text::tokenizer> read_tiktoken(std::span<const unsigned char> ranks, std::string_view name,
                                      const text::tiktoken_rules& rules) {
  result<text::vocabulary> words = text::detail::tiktoken_reader(ranks, name).run(rules);
  if (!words) return std::move(words).error();
  return text::make_byte_level_tokenizer(std::move(words).value(), name);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
