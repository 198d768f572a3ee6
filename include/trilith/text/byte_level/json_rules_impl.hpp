#ifndef TRILITH_TEXT_BYTE_LEVEL_JSON_RULES_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_JSON_RULES_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level/json_events_impl.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// The regular expressions that are known, as files write them: facts of the formats.
struct known_pattern {
  std::string_view pattern;
  pre_tokenizer pre;
};
inline constexpr std::array known_patterns{
    known_pattern{R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
                  R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
                  pre_tokenizer::llama3},
    known_pattern{R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
                  R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
                  pre_tokenizer::qwen2},
    known_pattern{R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
                  pre_tokenizer::gpt2},
};

/// Reads how a tokenizer.json cuts and rewrites text. What it does is recognised by content: other
/// ways of writing the same are read, what is not known is refused by name.
class tokenizer_json_rules {
 public:
  tokenizer_json_rules(const json_tokenizer& file, std::string_view name)
      : file_(file), name_(name) {}

  [[nodiscard]] status read(vocabulary& words) const {
    if (status good = check_model(); !good) return good;
    words.ignore_merges = fact("model.ignore_merges") == "true";
    if (fact("model.byte_fallback") == "true") return read_sentencepiece(words);
    if (status good = read_normalizer(words); !good) return good;
    return read_pre_tokenizer(words);
  }

  /// The piece that post-processing puts in front of a text; empty: none.
  [[nodiscard]] std::string_view bos() const {
    for (const std::string& step : steps("post_processor", "processors"))
      if (fact(step + ".type") == "TemplateProcessing")
        return fact(step + ".single.0.SpecialToken.id");
    return {};
  }

  [[nodiscard]] std::string_view unknown() const {
    const std::string_view text = fact("model.unk_token");
    return text == "null" ? std::string_view{} : text;
  }

 private:
  [[nodiscard]] std::string_view fact(std::string_view path) const { return file_.find(path); }
  [[nodiscard]] bool is_set(std::string_view path) const {
    const std::string_view value = fact(path);
    return !value.empty() && value != "null" && value != "false" && value != "0" && value != "0.0";
  }
  [[nodiscard]] error unsupported(std::string_view what, std::string_view found,
                                  std::string_view expected) const {
    return {errc::unsupported,
            join(name_, ": the ", what, " is ", in_quotes(found), "; expected ", expected, ".")};
  }

  [[nodiscard]] status check_model() const {
    if (fact("model.type") != "BPE" && (is_set("model.type") || file_.merge_ends.empty()))
      return unsupported("model", fact("model.type"), "BPE");
    for (const char* const option :
         {"model.dropout", "model.continuing_subword_prefix", "model.end_of_word_suffix"})
      if (is_set(option)) return unsupported(option, fact(option), "none");
    return done{};
  }

  /// The paths of a step and its parts: a Sequence has them in a list, anything else is one itself.
  [[nodiscard]] std::vector<std::string> steps(const std::string& part,
                                               std::string_view list) const {
    std::vector<std::string> out;
    if (fact(part + ".type") == "Sequence") {
      for (std::size_t i = 0; i < 16; ++i)
        if (const std::string step = join(part, ".", list, ".", i); !fact(step + ".type").empty())
          out.push_back(step);
    } else if (!fact(part + ".type").empty()) {
      out.push_back(part);
    }
    return out;
  }

  [[nodiscard]] status read_normalizer(vocabulary& words) const {
    for (const std::string& step : steps("normalizer", "normalizers")) {
      if (fact(step + ".type") != "NFC")
        return unsupported("normalizer", fact(step + ".type"), "NFC or none");
      words.nfc = true;
    }
    return done{};
  }

  [[nodiscard]] status read_pre_tokenizer(vocabulary& words) const {
    const std::vector<std::string> all = steps("pre_tokenizer", "pretokenizers");
    if (all.empty() || fact(all.back() + ".type") != "ByteLevel" || all.size() > 2)
      return unsupported("pre-tokenizer", fact("pre_tokenizer.type"),
                         "ByteLevel, or a Sequence of Split or Digits and ByteLevel");
    const bool prefix = fact(all.back() + ".add_prefix_space") == "true";
    const bool regex = fact(all.back() + ".use_regex") != "false";
    if (prefix && all.size() == 2)
      return unsupported("pre-tokenizer", "add_prefix_space behind a split", "none");
    words.dummy_prefix = prefix;
    if (all.size() == 2) return read_split(all[0], regex, words);
    if (!regex) return unsupported("pre-tokenizer", "ByteLevel without a regex", "one with it");
    words.pre = pre_tokenizer::gpt2;
    return done{};
  }

  [[nodiscard]] status read_split(const std::string& step, bool then_gpt2,
                                  vocabulary& words) const {
    const std::string_view type = fact(step + ".type");
    if (type == "Digits" && then_gpt2 && fact(step + ".individual_digits") == "true") {
      words.pre = pre_tokenizer::digits_gpt2;
      return done{};
    }
    if (type != "Split" || then_gpt2)
      return unsupported("pre-tokenizer", type, "Split, or Digits and GPT-2's regex");
    const std::string_view behavior = fact(step + ".behavior");
    const bool inverted = fact(step + ".invert") == "true";
    if (behavior != (inverted ? "Removed" : "Isolated"))
      return unsupported("behavior of Split", behavior, "Isolated, or Removed and inverted");
    const std::string_view pattern = fact(step + ".pattern.Regex");
    for (const known_pattern& known : known_patterns)
      if (known.pattern == pattern) {
        words.pre = known.pre;
        return done{};
      }
    return unsupported("pattern of Split", pattern, "that of LLaMA-3, GPT-2 or Qwen2");
  }

  /// SentencePiece's kind: spaces become U+2581, one in front of the text, and nothing is cut.
  [[nodiscard]] status read_sentencepiece(vocabulary& words) const {
    words.dummy_prefix = false;
    for (const std::string& step : steps("normalizer", "normalizers")) {
      const std::string_view type = fact(step + ".type");
      if (type == "Prepend" && fact(step + ".prepend") == space_symbol)
        words.dummy_prefix = true;
      else if (type != "Replace" || fact(step + ".pattern.String") != " " ||
               fact(step + ".content") != space_symbol)
        return unsupported("normalizer", type, "Prepend and Replace of U+2581");
    }
    for (const std::string& step : steps("pre_tokenizer", "pretokenizers")) {
      if (fact(step + ".type") != "Metaspace" || fact(step + ".split") != "false" ||
          fact(step + ".replacement") != space_symbol)
        return unsupported("pre-tokenizer", fact(step + ".type"), "none, or Metaspace unsplit");
      words.dummy_prefix = fact(step + ".prepend_scheme") != "never";
    }
    return done{};
  }

  const json_tokenizer& file_;
  std::string_view name_;
};

}  // namespace trilith::text::detail

#endif
