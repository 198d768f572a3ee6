#ifndef TRILITH_IO_WRITING_HF_CONFIG_IMPL_HPP
#define TRILITH_IO_WRITING_HF_CONFIG_IMPL_HPP

#include <trilith/io/writing/plan_impl.hpp>
#include <trilith/io/writing/tokenizer_impl.hpp>

#include <cstdio>
#include <cstdlib>

/// What a directory of Hugging Face says of its model, as JSON.
namespace trilith::io::writing {

[[nodiscard]] inline bool is_quantised(const plan& p) noexcept {
  return std::any_of(p.outputs.begin(), p.outputs.end(),
                     [](const output& o) { return o.how == encoding::hf_u8; });
}

/// The type that all of the file has, but for codes and scales: that of the embedding.
[[nodiscard]] inline encoding type_of_file(const plan& p) noexcept {
  const encoding how = p.outputs.front().how;
  return how == encoding::bf16 || how == encoding::f16 ? how : encoding::f32;
}

class hf_config_json {
 public:
  explicit hf_config_json(const plan& p) : p_(p) {}

  [[nodiscard]] std::string text() && {
    const shape& s = p_.source.facts.sizes;
    const settings& n = p_.source.facts.settings;
    const text::tokenizer& words = p_.source.tokenizer;
    put("architectures", join("[", in_json(p_.architecture), "]"));
    put("model_type", in_json(traits_of(p_.family).model_type));
    put("vocab_size", join(s.vocab));
    put("hidden_size", join(s.dim));
    put("intermediate_size", join(s.ffn_dim));
    put("num_hidden_layers", join(s.layers));
    put("num_attention_heads", join(s.heads));
    put("num_key_value_heads", join(s.kv_heads));
    put("head_dim", join(s.head_dim));
    put("max_position_embeddings", join(s.context));
    put("hidden_act", in_json(p_.source.facts.gate == "relu_squared" ? "relu2" : "silu"));
    put("rms_norm_eps", number(n.norm_eps));
    put("rope_theta", number(n.rope_theta));
    put("rope_scaling", "null");
    put("attention_bias", "false");
    put("attention_dropout", "0.0");
    put("use_cache", "true");
    put("tie_word_embeddings", p_.is_tied ? "true" : "false");
    put("bos_token_id", token(words.bos()));
    put("eos_token_id", token(words.eos()));
    put("torch_dtype", in_json(torch_dtype()));
    if (is_quantised(p_))
      put("quantization_config", R"({"quant_method": "bitnet", "linear_class": "autobitlinear", )"
                                 R"("quantization_mode": "offline"})");
    return out_ + "\n}\n";
  }

 private:
  void put(std::string_view key, const std::string& value) {
    out_ += join(out_.empty() ? "{\n  " : ",\n  ", in_json(key), ": ", value);
  }
  [[nodiscard]] static std::string token(std::int32_t id) {
    return id < 0 ? std::string("null") : join(id);
  }
  /// The shortest decimal that reads back as this float.
  [[nodiscard]] static std::string number(float value) {
    char out[32];
    for (int digits = 1; digits <= 9; ++digits) {
      std::snprintf(out, sizeof out, "%.*g", digits, static_cast<double>(value));
      if (std::strtof(out, nullptr) == value) break;
    }
    return json::spelled(std::strtod(out, nullptr));
  }
  /// What programs compute in. The square of a gate leaves the range of binary16.
  [[nodiscard]] std::string_view torch_dtype() const noexcept {
    switch (type_of_file(p_)) {
      case encoding::bf16:
        return "bfloat16";
      case encoding::f16:
        return p_.source.facts.gate == "relu_squared" ? "float32" : "float16";
      default:
        return "float32";
    }
  }

  const plan& p_;
  std::string out_;
};

[[nodiscard]] inline std::string tokenizer_config(const plan& p, bool is_sentencepiece) {
  const text::vocabulary& words = p.source.tokenizer.vocab();
  std::string out = join("{\n  \"tokenizer_class\": ",
                         in_json(is_sentencepiece ? "LlamaTokenizer" : "PreTrainedTokenizerFast"));
  const auto put = [&out](std::string_view key, const std::string& value) {
    out += join(",\n  ", in_json(key), ": ", value);
  };
  if (words.bos >= 0) put("bos_token", in_json(text_of(words, words.bos)));
  if (words.eos >= 0) put("eos_token", in_json(text_of(words, words.eos)));
  if (words.unknown >= 0) put("unk_token", in_json(text_of(words, words.unknown)));
  if (is_sentencepiece) put("add_bos_token", words.bos >= 0 ? "true" : "false");
  put("clean_up_tokenization_spaces", "false");
  put("model_max_length", join(p.source.facts.sizes.context));
  const std::string_view jinja = chat_template_of(p.source, p.options);
  if (!jinja.empty()) put("chat_template", in_json(jinja));
  return out + "\n}\n";
}

/// The tokens that end a text: more than the one that config.json has room for.
[[nodiscard]] inline std::string generation_config(const text::vocabulary& words) {
  std::string ends;
  if (words.eos >= 0) ends = join(words.eos);
  for (const std::int32_t token : words.stop) ends += join(ends.empty() ? "" : ", ", token);
  std::string out = "{";
  if (words.bos >= 0) out += join("\n  \"bos_token_id\": ", words.bos, ",");
  return join(out, "\n  \"eos_token_id\": [", ends, "]\n}\n");
}

}  // namespace trilith::io::writing

#endif
