#ifndef TRILITH_IO_SOURCES_GGUF_WORDS_IMPL_HPP
#define TRILITH_IO_SOURCES_GGUF_WORDS_IMPL_HPP

#include <trilith/io/sources/gguf_keys_impl.hpp>
#include <trilith/text/byte_level.hpp>

/// The tokenizer of a GGUF file, repaired where official files lack what it needs.
namespace trilith::io::sources {

/// Reads the keys "tokenizer.ggml.*".
class gguf_words {
 public:
  gguf_words(const gguf_file& file, const gguf_keys& keys, model_source& out)
      : file_(file), keys_(keys), out_(out) {}

  [[nodiscard]] status read() {
    const gguf_value* const tokens = find("tokens");
    if (tokens == nullptr || !text_of("model", words_.model))
      return done{};  // a model without words
    (void)text_of("pre", words_.pre);
    for (const std::string_view token : tokens->strings()) words_.tokens.push_back(token);
    if (words_.tokens.size() != out_.facts.sizes.vocab)
      return error{
          errc::mismatch,
          join(file_.name(), ": key tokenizer.ggml.tokens: expected ", out_.facts.sizes.vocab,
               " tokens, one for each row of the embedding, found ", words_.tokens.size(), ".")};
    if (const gguf_value* const merges = find("merges"); merges != nullptr)
      for (const std::string_view merge : merges->strings()) words_.merges.push_back(merge);
    status ok = read_numbers();
    if (!ok) return ok;
    repair_pre();
    auto made = text::make_tokenizer(words_, file_.name());
    if (!made) return std::move(made).error();
    out_.tokenizer = std::move(*made);
    repair_stop();
    choose_chat_format();
    return done{};
  }

 private:
  [[nodiscard]] static std::string key(std::string_view name) {
    return join("tokenizer.ggml.", name);
  }
  [[nodiscard]] const gguf_value* find(std::string_view name) const {
    return file_.find(key(name));
  }
  [[nodiscard]] bool text_of(std::string_view name, std::string_view& out) const {
    const gguf_value* const value = find(name);
    return value != nullptr && value->as_string(out);
  }
  [[nodiscard]] error wrong(std::string_view name, std::string_view expected) const {
    return {errc::malformed, join(file_.name(), ": key ", key(name), ": expected ", expected,
                                  ", found ", io::name_of(find(name)->type()), ".")};
  }

  [[nodiscard]] status read_numbers() {
    if (const gguf_value* const scores = find("scores"); scores != nullptr)
      for (const gguf_value score : scores->elements()) {
        double number = 0;
        if (!score.as_float(number)) return wrong("scores", "an array of numbers");
        words_.scores.push_back(static_cast<float>(number));
      }
    if (const gguf_value* const types = find("token_type"); types != nullptr)
      for (const gguf_value type : types->elements()) {
        std::int64_t number = 0;
        if (!type.as_signed(number) || number < 0 || number > 127)
          return wrong("token_type", "an array of small whole numbers");
        words_.types.push_back(static_cast<std::int32_t>(number));
      }
    status ok = token("bos_token_id", words_.bos);
    if (ok) ok = token("eos_token_id", words_.eos);
    if (ok) ok = token("eot_token_id", words_.eot);
    if (ok) ok = token("unknown_token_id", words_.unknown);
    if (ok) ok = token("padding_token_id", words_.padding);
    if (ok) ok = flag("add_bos_token", words_.add_bos);
    return ok ? flag("add_space_prefix", words_.add_space_prefix) : std::move(ok);
  }
  [[nodiscard]] status token(std::string_view name, std::int32_t& out) const {
    const gguf_value* const value = find(name);
    std::uint64_t number = 0;
    if (value == nullptr) return done{};
    if (!value->as_unsigned(number) || number >= words_.tokens.size())
      return error{errc::invalid_value,
                   join(file_.name(), ": key ", key(name), ": expected a token below ",
                        words_.tokens.size(), ", found ", number, ".")};
    out = static_cast<std::int32_t>(number);
    return done{};
  }
  [[nodiscard]] status flag(std::string_view name, std::int8_t& out) const {
    const gguf_value* const value = find(name);
    bool on = false;
    if (value == nullptr) return done{};
    if (!value->as_bool(on)) return wrong(name, "a bool");
    out = on ? 1 : 0;
    return done{};
  }

  /// Without `pre` other programs cut digits and punctuation otherwise than the model learned.
  void repair_pre() {
    constexpr std::size_t begin_of_text = 128000;
    const bool is_missing = words_.pre.empty() || words_.pre == "default";
    const bool is_llama3 =
        words_.tokens.size() > begin_of_text && words_.tokens[begin_of_text] == "<|begin_of_text|>";
    if (words_.model != "gpt2" || !is_missing || !(is_llama3 || keys_.is_2b4t())) return;
    words_.pre = "llama-bpe";
    out_.report.repairs.push_back(
        "No pre-tokeniser in the metadata: llama-bpe, which the vocabulary was made with.");
  }

  /// A chat ends its turns with <|eot_id|>, which the official files do not call an end.
  void repair_stop() {
    const std::int32_t end_of_turn = out_.tokenizer.find("<|eot_id|>");
    if (end_of_turn < 0 || words_.eot == end_of_turn || words_.eos == end_of_turn) return;
    out_.tokenizer.add_stop(end_of_turn);
    out_.report.repairs.push_back("<|eot_id|> is not marked as an end: it ends a text here.");
  }

  void choose_chat_format() {
    std::string_view jinja;
    if (const gguf_value* const value = file_.find("tokenizer.chat_template"); value != nullptr)
      (void)value->as_string(jinja);
    const auto format = text::chat_format_of(jinja);
    if (keys_.is_2b4t()) {
      out_.report.chat = name_of(text::chat_format::bitnet);
      if (jinja.find("eot_id") == std::string_view::npos)
        out_.report.repairs.push_back(
            "The chat template is missing or a placeholder: the one of 2B4T.");
    } else if (!jinja.empty() && format) {
      out_.report.chat = name_of(*format);
    }
  }

  const gguf_file& file_;
  const gguf_keys& keys_;
  model_source& out_;
  text::gguf_vocabulary words_;
};

[[nodiscard]] inline status read_gguf_words(const gguf_file& file, const gguf_keys& keys,
                                            model_source& out) {
  return gguf_words(file, keys, out).read();
}

}  // namespace trilith::io::sources

#endif
