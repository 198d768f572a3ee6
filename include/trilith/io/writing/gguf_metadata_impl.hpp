#ifndef TRILITH_IO_WRITING_GGUF_METADATA_IMPL_HPP
#define TRILITH_IO_WRITING_GGUF_METADATA_IMPL_HPP

#include <trilith/io/gguf.hpp>
#include <trilith/io/writing/plan_impl.hpp>
#include <trilith/io/writing/spelling_impl.hpp>

/// What a GGUF file says of its model.
namespace trilith::io::writing {

/// The name of a pre-tokeniser that implies what the vocabulary does.
[[nodiscard]] inline std::string_view gguf_pre(const text::vocabulary& words) noexcept {
  switch (words.pre) {
    case pre_tokenizer::llama3:
      return words.ignore_merges ? "llama-bpe" : "smaug-bpe";
    case pre_tokenizer::gpt2:
      return "gpt-2";
    case pre_tokenizer::qwen2:
      return words.nfc ? "qwen2" : "stablelm2";
    case pre_tokenizer::digits_gpt2:
      return "starcoder";
    default:
      return "default";
  }
}

/// The metadata of a model and its tokenizer.
class gguf_metadata {
 public:
  explicit gguf_metadata(plan& p) : p_(p), words_(p.source.tokenizer.vocab()) {}

  [[nodiscard]] std::vector<gguf_pair> make() && {
    add_general();
    add_sizes();
    if (words_.pieces.empty())
      put("tokenizer.ggml.model", std::string_view("no_vocab"));
    else
      add_words();
    return std::move(pairs_);
  }

 private:
  void put(std::string key, gguf_owned_value value) {
    pairs_.push_back({std::move(key), std::move(value)});
  }
  void put_own(std::string_view key, gguf_owned_value value) {
    put(join(p_.architecture, ".", key), std::move(value));
  }
  void put_size(std::string_view key, std::size_t size) {
    put_own(key, static_cast<std::uint32_t>(size));
  }

  void add_general() {
    put("general.architecture", p_.architecture);
    put("general.type", "model");
    if (!p_.options.name.empty()) put("general.name", p_.options.name);
    if (!p_.options.licence.empty()) put("general.license", p_.options.licence);
    put("general.quantization_version", std::uint32_t{2});
  }

  void add_sizes() {
    const shape& s = p_.source.facts.sizes;
    put_size("vocab_size", s.vocab);
    put_size("context_length", s.context);
    put_size("embedding_length", s.dim);
    put_size("block_count", s.layers);
    put_size("feed_forward_length", s.ffn_dim);
    put_size("attention.head_count", s.heads);
    put_size("attention.head_count_kv", s.kv_heads);
    put_size("attention.key_length", s.head_dim);
    put_size("attention.value_length", s.head_dim);
    put_size("rope.dimension_count", s.head_dim);
    put_own("attention.layer_norm_rms_epsilon", p_.source.facts.settings.norm_eps);
    put_own("rope.freq_base", p_.source.facts.settings.rope_theta);
    // without it programs take the default of the architecture, which is not the same everywhere
    put_own("hidden_act", p_.source.facts.gate == "relu_squared" ? "relu2" : "silu");
  }

  void add_words() {
    const bool is_byte_level = words_.pre != pre_tokenizer::none;
    put("tokenizer.ggml.model", is_byte_level ? "gpt2" : "llama");
    if (is_byte_level) put("tokenizer.ggml.pre", gguf_pre(words_));
    add_pieces(is_byte_level);
    if (is_byte_level) add_merges();
    add_tokens();
    put("tokenizer.ggml.add_bos_token", words_.bos >= 0);
    if (!is_byte_level || words_.dummy_prefix)
      put("tokenizer.ggml.add_space_prefix", words_.dummy_prefix);
    if (!is_byte_level) put("tokenizer.ggml.remove_extra_whitespaces", words_.collapse_spaces);
    add_chat_template();
    add_notes(is_byte_level);
  }

  /// As many as the embedding has rows: the rest are place holders.
  void add_pieces(bool is_byte_level) {
    std::vector<std::string> tokens;
    std::vector<float> scores;
    std::vector<std::int32_t> types;
    for (const text::piece& p : words_.pieces) {
      tokens.push_back(spelled(words_, p));
      scores.push_back(p.score);
      types.push_back(token_type(p.kind));
    }
    while (tokens.size() < p_.source.facts.sizes.vocab) {
      tokens.push_back(join("[PAD", tokens.size(), "]"));
      scores.push_back(0.0f);
      types.push_back(token_type(piece_kind::unused));
    }
    put("tokenizer.ggml.tokens", tokens);
    if (!is_byte_level) put("tokenizer.ggml.scores", scores);
    put("tokenizer.ggml.token_type", types);
  }

  void add_merges() {
    std::vector<std::string> merges;
    for (const text::merge_rule& m : merges_of(words_))
      merges.push_back(
          join(spell_bytes(text_of(words_, m.left)), " ", spell_bytes(text_of(words_, m.right))));
    put("tokenizer.ggml.merges", merges);
  }

  void add_tokens() {
    const auto token = [this](std::string_view role, std::int32_t id) {
      if (id >= 0) put(join("tokenizer.ggml.", role, "_token_id"), static_cast<std::uint32_t>(id));
    };
    token("bos", words_.bos);
    token("eos", words_.eos);
    token("unknown", words_.unknown);
    // of the tokens that end a turn the format has one place; readers find others by their names
    token("eot", words_.stop.empty() ? -1 : words_.stop.front());
  }

  void add_chat_template() {
    const std::string_view jinja = chat_template_of(p_.source, p_.options);
    if (!jinja.empty()) put("tokenizer.chat_template", jinja);
  }

  void add_notes(bool is_byte_level) {
    const auto note = [this](std::string_view sentence) { p_.report.notes.emplace_back(sentence); };
    if (is_byte_level && words_.nfc != (gguf_pre(words_) == "qwen2"))
      note("The tokenizer composes characters (NFC) first, which GGUF has no key for.");
    if (is_byte_level && words_.ignore_merges != (gguf_pre(words_) == "llama-bpe"))
      note("The tokenizer takes whole pieces without merging, which GGUF has no key for here.");
    if (std::any_of(words_.pieces.begin(), words_.pieces.end(),
                    [](const text::piece& p) { return p.strip_left || p.strip_right; }))
      note("Some special tokens swallow the spaces around them, which GGUF has no key for.");
  }

  plan& p_;
  const text::vocabulary& words_;
  std::vector<gguf_pair> pairs_;
};

}  // namespace trilith::io::writing

#endif
