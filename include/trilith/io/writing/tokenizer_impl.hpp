#ifndef TRILITH_IO_WRITING_TOKENIZER_IMPL_HPP
#define TRILITH_IO_WRITING_TOKENIZER_IMPL_HPP

#include <trilith/io/safetensors/json_impl.hpp>
#include <trilith/io/writing/spelling_impl.hpp>
#include <trilith/text/byte_level/json_rules_impl.hpp>

/// Byte-level tokenizers in the file that Hugging Face's programs read.
namespace trilith::io::writing {

[[nodiscard]] inline std::string in_json(std::string_view text) {
  return json::spelled(text);
}

/// The regular expression that cuts text; empty where nobody else has it.
[[nodiscard]] inline std::string_view pattern_of(pre_tokenizer pre) noexcept {
  for (const text::detail::known_pattern& known : text::detail::known_patterns)
    if (known.pre == pre) return known.pattern;
  return {};
}

/// tokenizer.json of a byte-level vocabulary.
class tokenizer_json {
 public:
  explicit tokenizer_json(const text::vocabulary& words) : words_(words) {}

  [[nodiscard]] static bool can_say(const text::vocabulary& words) noexcept {
    return words.pre == pre_tokenizer::digits_gpt2 ||
           (!pattern_of(words.pre).empty() &&
            (!words.dummy_prefix || words.pre == pre_tokenizer::gpt2));
  }

  [[nodiscard]] std::string text() && {
    out_ = R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[)";
    add_added_tokens();
    out_ +=
        join("],\"normalizer\":", words_.nfc ? R"({"type":"NFC"})" : "null",
             ",\"pre_tokenizer\":", pre_tokenizer_json(), ",\"post_processor\":", post_processor(),
             R"(,"decoder":{"type":"ByteLevel","add_prefix_space":true,)",
             R"("trim_offsets":true,"use_regex":true},"model":{"type":"BPE","dropout":null,)",
             R"("unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,)",
             R"("fuse_unk":false,"byte_fallback":false,"ignore_merges":)",
             truth(words_.ignore_merges), ",\"vocab\":{");
    add_vocabulary();
    out_ += "},\"merges\":[";
    add_merges();
    out_ += "]}}\n";
    return std::move(out_);
  }

 private:
  [[nodiscard]] static std::string_view truth(bool is) noexcept { return is ? "true" : "false"; }

  /// Separates what follows from what was added before; `first` is true once.
  void next(bool& first) {
    if (!first) out_ += ',';
    first = false;
  }

  void add_added_tokens() {
    bool first = true;
    for (std::size_t i = 0; i < words_.pieces.size(); ++i) {
      const text::piece& p = words_.pieces[i];
      if (p.kind == piece_kind::normal) continue;
      next(first);
      out_ += join("{\"id\":", i, ",\"content\":", in_json(p.text),
                   ",\"single_word\":false,\"lstrip\":", truth(p.strip_left),
                   ",\"rstrip\":", truth(p.strip_right),
                   ",\"normalized\":false,\"special\":", truth(p.kind != piece_kind::user_defined),
                   "}");
    }
  }

  [[nodiscard]] std::string pre_tokenizer_json() const {
    if (words_.pre == pre_tokenizer::gpt2) return byte_level(true);
    const bool digits = words_.pre == pre_tokenizer::digits_gpt2;
    const std::string cut =
        digits ? std::string(R"({"type":"Digits","individual_digits":true})")
               : join(R"({"type":"Split","pattern":{"Regex":)", in_json(pattern_of(words_.pre)),
                      R"(},"behavior":"Isolated","invert":false})");
    return join(R"({"type":"Sequence","pretokenizers":[)", cut, ",", byte_level(digits), "]}");
  }
  [[nodiscard]] std::string byte_level(bool regex) const {
    return join(R"({"type":"ByteLevel","add_prefix_space":)", truth(words_.dummy_prefix),
                R"(,"trim_offsets":true,"use_regex":)", truth(regex), "}");
  }

  [[nodiscard]] std::string post_processor() const {
    if (words_.bos < 0)
      return R"({"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true})";
    const std::string bos = in_json(text_of(words_, words_.bos));
    const std::string begin = join(R"({"SpecialToken":{"id":)", bos, R"(,"type_id":0}})");
    return join(R"({"type":"TemplateProcessing","single":[)", begin,
                R"(,{"Sequence":{"id":"A","type_id":0}}],"pair":[)", begin,
                R"(,{"Sequence":{"id":"A","type_id":0}},)", begin,
                R"(,{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{)", bos,
                ":{\"id\":", bos, ",\"ids\":[", words_.bos, "],\"tokens\":[", bos, "]}}}");
  }

  void add_vocabulary() {
    bool first = true;
    for (std::size_t i = 0; i < words_.pieces.size(); ++i) {
      if (words_.pieces[i].kind != piece_kind::normal) continue;
      next(first);
      out_ += join(in_json(spell_bytes(words_.pieces[i].text)), ":", i);
    }
  }
  void add_merges() {
    bool first = true;
    for (const text::merge_rule& m : merges_of(words_)) {
      next(first);
      out_ += join("[", in_json(spell_bytes(text_of(words_, m.left))), ",",
                   in_json(spell_bytes(text_of(words_, m.right))), "]");
    }
  }

  const text::vocabulary& words_;
  std::string out_;
};

}  // namespace trilith::io::writing

#endif
