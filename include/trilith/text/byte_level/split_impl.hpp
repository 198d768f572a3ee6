#ifndef TRILITH_TEXT_BYTE_LEVEL_SPLIT_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_SPLIT_IMPL_HPP

#include <trilith/text/byte_level/unicode_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace trilith::text::detail {

/// Walks over a text of valid UTF-8, part by part, as the regular expression of a pre-tokeniser
/// would: each function is one alternative or a group of them, and says where its match ends. Every
/// character is looked at a bounded number of times, whatever the text.
class text_scanner {
 public:
  explicit text_scanner(std::string_view text)
      : text_(text), end_(text.size()), classes_(unicode::classes()) {}

  /// Looks at the first `end` bytes alone.
  void stop_at(std::size_t end) { end_ = end; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

  /// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|
  ///  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  [[nodiscard]] std::size_t llama3_end(std::size_t at, unsigned digits) const {
    const step first = step_at(at);
    if (first.is(unicode::letter)) return run_end(first.end, unicode::letter);
    if (first.is(unicode::number)) return digits_end(first.end, digits - 1);
    if (text_[at] == '\'')
      if (const std::size_t length = contraction(at, true)) return at + length;
    const step second = step_at(first.end);
    if (second.is(unicode::letter) && !is_line_end(at)) return run_end(second.end, unicode::letter);
    if (first.is_other()) return line_ends_end(others_end(first.end));
    if (text_[at] == ' ' && second.is_other()) return line_ends_end(others_end(second.end));
    return spaces_end(at, true);
  }

  /// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  [[nodiscard]] std::size_t gpt2_end(std::size_t at) const {
    if (text_[at] == '\'')
      if (const std::size_t length = contraction(at, false)) return at + length;
    step first = step_at(at);
    if (text_[at] == ' ') {
      const step second = step_at(first.end);
      if (!second.is(unicode::space) && second.known) first = second;
    }
    if (first.is(unicode::letter)) return run_end(first.end, unicode::letter);
    if (first.is(unicode::number)) return run_end(first.end, unicode::number);
    if (first.is_other()) return others_end(first.end);
    return spaces_end(at, false);
  }

  /// The end of the run of characters that `belongs` as the first one does.
  template <class Belongs>
  [[nodiscard]] std::size_t alike_end(std::size_t at, Belongs belongs) const {
    const bool wanted = belongs(at, step_at(at).kind);
    do at = step_at(at).end;
    while (at < end_ && belongs(at, step_at(at).kind) == wanted);
    return at;
  }
  [[nodiscard]] bool is_number(std::size_t at) const { return step_at(at).is(unicode::number); }
  [[nodiscard]] std::size_t character_end(std::size_t at) const { return step_at(at).end; }

 private:
  /// A character: its class and where it ends. Not known: the text is at its end.
  struct step {
    std::size_t end;
    std::uint8_t kind = 0;
    bool known = true;

    [[nodiscard]] bool is(std::uint8_t wanted) const { return (kind & wanted) != 0; }
    [[nodiscard]] bool is_other() const {
      return known && !is(unicode::letter | unicode::number | unicode::space);
    }
  };

  [[nodiscard]] unsigned byte(std::size_t at) const {
    return static_cast<unsigned char>(text_[at]);
  }
  [[nodiscard]] unsigned tail(std::size_t at) const { return byte(at) & 0x3F; }

  [[nodiscard]] step step_at(std::size_t at) const {
    if (at >= end_) return {end_, 0, false};
    const unsigned lead = byte(at);
    if (lead < 0x80) return {at + 1, classes_[lead]};
    if (lead < 0xE0) return {at + 2, classes_[(lead & 0x1F) << 6 | tail(at + 1)]};
    if (lead < 0xF0)
      return {at + 3, classes_[(lead & 0x0F) << 12 | tail(at + 1) << 6 | tail(at + 2)]};
    return {at + 4,
            classes_[(lead & 0x07) << 18 | tail(at + 1) << 12 | tail(at + 2) << 6 | tail(at + 3)]};
  }

  [[nodiscard]] bool is_line_end(std::size_t at) const {
    return at < end_ && (text_[at] == '\n' || text_[at] == '\r');
  }

  [[nodiscard]] std::size_t run_end(std::size_t at, std::uint8_t kind) const {
    for (step s = step_at(at); s.is(kind); s = step_at(at)) at = s.end;
    return at;
  }
  [[nodiscard]] std::size_t others_end(std::size_t at) const {
    for (step s = step_at(at); s.is_other(); s = step_at(at)) at = s.end;
    return at;
  }
  [[nodiscard]] std::size_t digits_end(std::size_t at, unsigned most) const {
    for (step s = step_at(at); most != 0 && s.is(unicode::number); s = step_at(at), --most)
      at = s.end;
    return at;
  }
  [[nodiscard]] std::size_t line_ends_end(std::size_t at) const {
    while (is_line_end(at)) ++at;
    return at;
  }

  /// \s*[\r\n]+ (where asked for), else \s+(?!\S), else \s+: a run of spaces goes to its last line
  /// end; without one to the end of the text, or else leaves its last space to what follows.
  [[nodiscard]] std::size_t spaces_end(std::size_t at, bool line_ends) const {
    std::size_t last = at, behind_line = at, here = at;
    for (step s = step_at(here); s.is(unicode::space); s = step_at(here)) {
      if (line_ends && is_line_end(here)) behind_line = s.end;
      last = here;
      here = s.end;
    }
    if (behind_line > at) return behind_line;
    return here == end_ || last == at ? here : last;
  }

  /// Bytes of 's, 't, 're, 've, 'm, 'll or 'd; 0 where there is none. Regardless of case, U+017F is
  /// an s.
  [[nodiscard]] std::size_t contraction(std::size_t at, bool any_case) const {
    const auto lower = [&](std::size_t i) -> unsigned {
      if (i >= end_) return 0;
      const unsigned c = byte(i);
      return any_case && c >= 'A' && c <= 'Z' ? c + 32 : c;
    };
    const unsigned first = lower(at + 1), second = lower(at + 2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if (any_case && first == 0xC5 && second == 0xBF) return 3;
    if ((first == 'r' || first == 'v') && second == 'e') return 3;
    return first == 'l' && second == 'l' ? 3 : 0;
  }

  std::string_view text_;
  std::size_t end_;
  const std::uint8_t* classes_;
};

/// Single characters of \p{N}, and GPT-2's parts of what lies between them.
template <class OnPart>
void split_digits_gpt2(std::string_view text, OnPart&& on_part) {
  text_scanner scan(text);
  for (std::size_t at = 0; at < text.size();) {
    scan.stop_at(text.size());
    const bool number = scan.is_number(at);
    const std::size_t end =
        number ? scan.character_end(at) : scan.alike_end(at, [](std::size_t, std::uint8_t k) {
          return (k & unicode::number) != 0;
        });
    scan.stop_at(end);
    for (; at < end && !number; at = scan.gpt2_end(at))
      on_part(text.substr(at, scan.gpt2_end(at) - at));
    if (number) on_part(text.substr(at, end - at));
    at = end;
  }
}

/// Digits in threes: what [0-9][0-9][0-9] matches, and what lies between the matches.
template <class OnPart>
void split_threes(std::string_view numbers, OnPart&& on_part) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t from = 0, digits = 0;
  for (std::size_t at = 0; at < numbers.size(); ++at) {
    digits = is_digit(numbers[at]) ? digits + 1 : 0;
    if (digits != 3) continue;
    if (at - 2 > from) on_part(numbers.substr(from, at - 2 - from));
    on_part(numbers.substr(at - 2, 3));
    from = at + 1;
    digits = 0;
  }
  if (from < numbers.size()) on_part(numbers.substr(from));
}

/// What llama.cpp does where a file names no pre-tokeniser, one expression after the other:
/// [\p{P}\$\+<=>\^~\|]+, then GPT-2's, then \p{N}+, then [0-9][0-9][0-9].
template <class OnPart>
void split_ggml_default(std::string_view text, OnPart&& on_part) {
  text_scanner scan(text);
  const auto is_sign = [&](std::size_t at, std::uint8_t kind) {
    return (kind & unicode::punctuation) != 0 ||
           std::string_view("$+<=>^~|").find(text[at]) != std::string_view::npos;
  };
  for (std::size_t at = 0; at < text.size();) {
    scan.stop_at(text.size());
    const std::size_t end = scan.alike_end(at, is_sign);
    for (scan.stop_at(end); at < end;) {
      const std::size_t part_end = scan.gpt2_end(at);
      const bool space = text[at] == ' ' && at + 1 < part_end && scan.is_number(at + 1);
      if (space) on_part(text.substr(at++, 1));
      if (scan.is_number(at))
        split_threes(text.substr(at, part_end - at), on_part);
      else
        on_part(text.substr(at, part_end - at));
      at = part_end;
    }
  }
}

/// Cuts `text`, valid UTF-8, into parts; on_part(std::string_view) hears of each, in order.
template <class OnPart>
void split_text(pre_tokenizer how, std::string_view text, OnPart&& on_part) {
  if (how == pre_tokenizer::digits_gpt2) return split_digits_gpt2(text, on_part);
  if (how == pre_tokenizer::ggml_default) return split_ggml_default(text, on_part);
  const text_scanner scan(text);
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    end = how == pre_tokenizer::gpt2 ? scan.gpt2_end(at)
                                     : scan.llama3_end(at, how == pre_tokenizer::llama3 ? 3 : 1);
    on_part(text.substr(at, end - at));
  }
}

}  // namespace trilith::text::detail

#endif
