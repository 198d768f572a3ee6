#ifndef TRILITH_IO_WRITE_MODEL_HF_IMPL_HPP
#define TRILITH_IO_WRITE_MODEL_HF_IMPL_HPP

#include <trilith/io/safetensors.hpp>
#include <trilith/io/write_model_directory_impl.hpp>
#include <trilith/io/write_model_plan_impl.hpp>
#include <trilith/io/write_model_tokenizer_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>

/// A model as a directory of Hugging Face transformers.
namespace trilith::io::writing {

[[nodiscard]] inline bool is_quantised(const plan& p) noexcept {
  return std::any_of(p.outputs.begin(), p.outputs.end(),
                     [](const output& o) { return o.how == encoding::hf_u8; });
}

/// What the class would take for something else.
[[nodiscard]] inline status check_hugging_face(plan& p) {
  if (p.source.facts.weights == weight_family::plain) return done{};
  for (const output& o : p.outputs) {
    if (!is_block_matrix(*o.from) || o.how == encoding::hf_u8) continue;
    if (p.family == hf_family::bitnet_2b4t)
      return error{errc::unsupported,
                   join(o.from->origin, ": ", p.architecture, " takes ", name_of(o.how),
                        " for latent weights and quantises them anew. What fits: hf_u8, for "
                        "ternary codes with one scale a matrix.")};
    if (p.family == hf_family::llama && p.report.notes.empty())
      p.report.notes.emplace_back(
          "The matrices are written as floats: readers no longer quantise the activations.");
  }
  return done{};
}

/// The type that all of the file has, but for codes and scales: that of the embedding.
[[nodiscard]] inline encoding type_of_file(const plan& p) noexcept {
  const encoding how = p.outputs.front().how;
  return how == encoding::bf16 || how == encoding::f16 ? how : encoding::f32;
}

/// Whether every number of a vector of float32 is one of a shorter type.
[[nodiscard]] inline bool is_exact_in(const source_tensor& t, encoding how) {
  std::vector<float> values(t.cols);
  sources::decode_row(t, 0, values.data());
  return std::all_of(values.begin(), values.end(), [how](float x) {
    return (how == encoding::bf16 ? to_float(to_bfloat16(x)) : to_float(to_float16(x))) == x;
  });
}

/// The norms, in the file's type where that changes nothing.
inline void shorten_norms(plan& p) {
  const encoding how = type_of_file(p);
  if (how == encoding::f32) return;
  for (output& o : p.outputs)
    if (o.rows() == 1 && !is_block_matrix(*o.from) && !is_table(*o.from) &&
        is_exact_in(*o.from, how))
      o.how = how;
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

/// The tensors with the scales of packed codes, whose memory this holds.
class hf_tensors {
 public:
  explicit hf_tensors(plan& p) : scales_(p.outputs.size()) {
    for (std::size_t i = 0; i < p.outputs.size(); ++i) {
      output& o = p.outputs[i];
      all_.push_back(tensor_of(o));
      if (o.how == encoding::hf_u8) all_.push_back(scale_of(o, scales_[i]));
    }
  }
  [[nodiscard]] const std::vector<tensor_to_write>& all() const noexcept { return all_; }

 private:
  [[nodiscard]] static tensor_to_write tensor_of(output& o) {
    tensor_to_write t{.name = o.name, .shape = {o.cols()}};
    t.type = o.how == encoding::hf_u8  ? dtype::u8
             : o.how == encoding::bf16 ? dtype::bf16
             : o.how == encoding::f16  ? dtype::f16
                                       : dtype::f32;
    if (o.rows() != 1 || is_block_matrix(*o.from) || is_table(*o.from))
      t.shape.insert(t.shape.begin(), o.units());
    t.produce = &produce;
    t.context = &o;
    t.part_multiple = o.row_bytes();
    return t;
  }
  /// As bfloat16 where that is the same number: what published files have.
  [[nodiscard]] static tensor_to_write scale_of(const output& o,
                                                std::array<unsigned char, 4>& memory) {
    const bfloat16 half = to_bfloat16(o.scale);
    const bool is_short = to_float(half) == o.scale;
    std::memcpy(memory.data(), &o.scale, 4);
    if (is_short) std::memcpy(memory.data(), &half.bits, 2);
    return {.name = o.name + "_scale",
            .type = is_short ? dtype::bf16 : dtype::f32,
            .shape = {1},
            .bytes = {memory.data(), is_short ? 2u : 4u}};
  }

  std::vector<std::array<unsigned char, 4>> scales_;
  std::vector<tensor_to_write> all_;
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

[[nodiscard]] inline status write_words(plan& p, atomic_directory& to) {
  const text::vocabulary& words = p.source.tokenizer.vocab();
  if (words.pieces.empty()) return done{};
  const bool is_sentencepiece = words.pre == pre_tokenizer::none;
  status ok = done{};
  if (tokenizer_json::can_say(words)) {
    ok = to.write("tokenizer.json", tokenizer_json(words).text());
  } else if (sentencepiece_model::can_say(words)) {
    ok = to.write("tokenizer.model", sentencepiece_model(words).text());
  } else {
    const std::vector<unsigned char> bytes = text::serialize(p.source.tokenizer);
    ok = to.write("tokenizer.trilith", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    p.report.notes.emplace_back(
        "No file of Hugging Face says what this tokenizer does: it is tokenizer.trilith, which "
        "this library reads.");
  }
  if (ok) ok = to.write("tokenizer_config.json", tokenizer_config(p, is_sentencepiece));
  return ok ? to.write("generation_config.json", generation_config(words)) : std::move(ok);
}

[[nodiscard]] inline status write_as_hugging_face(plan& p, std::string_view path) {
  if (status ok = check_hugging_face(p); !ok) return ok;
  shorten_norms(p);
  atomic_directory to(path);
  status ok = to.open();
  const hf_tensors tensors(p);
  const metadata_pair format{"format", "pt"};
  if (ok)
    ok = write_safetensors(to.file("model.safetensors"), tensors.all(), {&format, 1},
                           p.options.report);
  if (ok) ok = to.write("config.json", hf_config_json(p).text());
  if (ok) ok = write_words(p, to);
  p.report.format = "Hugging Face, safetensors";
  p.report.bytes = to.bytes();
  return ok ? to.commit() : std::move(ok);
}

}  // namespace trilith::io::writing

#endif
