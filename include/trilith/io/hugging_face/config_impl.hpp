#ifndef TRILITH_IO_HUGGING_FACE_CONFIG_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_CONFIG_IMPL_HPP

#include <trilith/io/hf_config.hpp>
#include <trilith/io/hugging_face/family_impl.hpp>
#include <trilith/io/hugging_face/members_impl.hpp>
#include <trilith/io/hugging_face/quantization_impl.hpp>
#include <trilith/io/hugging_face/rope_impl.hpp>
#include <trilith/io/hugging_face/tree_impl.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::hf {

inline void read_sizes(members& in, hf_config& to) {
  shape& s = to.sizes;
  in.whole("hidden_size", s.dim, 1, largest_size, need::required);
  in.whole("intermediate_size", s.ffn_dim, 1, largest_size, need::required);
  in.whole("num_hidden_layers", s.layers, 1, largest_layers, need::required);
  in.whole("num_attention_heads", s.heads, 1, largest_size, need::required);
  in.whole("vocab_size", s.vocab, 1, largest_size, need::required);
  in.whole("max_position_embeddings", s.context, 1, largest_size, need::required);
  s.kv_heads = s.heads;
  in.whole("num_key_value_heads", s.kv_heads, 1, largest_size);
  s.head_dim = traits_of(to.family).head_dim;
  in.whole("head_dim", s.head_dim, 1, largest_size);
  if (!in.good() || s.head_dim != 0) return;
  if (s.dim % s.heads != 0)
    return in.fail(errc::invalid_value, "hidden_size",
                   join("expected a multiple of num_attention_heads = ", s.heads,
                        ", since no head_dim is given, found ", s.dim, "."));
  s.head_dim = s.dim / s.heads;
}

/// What a decoder of this library does not compute, and a file might ask for.
inline void refuse_other_models(members& in) {
  in.off("attention_bias",
         "biases of query, key, value and output are not read here; expected "
         "false.");
  in.off("mlp_bias", "biases of gate, up and down are not read here; expected false.");
  in.off("use_sliding_window", "attention here reaches back to the first token; expected false.");
  in.off("rope_interleaved", "these families turn halves of a head; expected false.");
  expect_whole_heads(in);
  std::vector<std::string> kinds;
  in.texts("layer_types", kinds);
  for (const std::string& kind : kinds)
    if (kind != "full_attention")
      in.fail(errc::unsupported, "layer_types",
              join("expected full_attention in every layer, found ", json::shown(kind), "."));
}

/// "bfloat16" of "torch.bfloat16"; `dtype` is the newer word.
inline void read_dtype(members& in, hf_config& to) {
  in.text("torch_dtype", to.dtype);
  in.text("dtype", to.dtype);
  if (to.dtype.starts_with("torch.")) to.dtype.erase(0, 6);
}

inline void read_tokens(members& in, hf_config& to) {
  std::vector<std::int32_t> begin;
  in.tokens("bos_token_id", begin, to.sizes.vocab);
  in.tokens("eos_token_id", to.eos_tokens, to.sizes.vocab);
  if (!begin.empty()) to.bos_token = begin.front();
}

inline void read_rest(members& in, hf_config& to) {
  to.hidden_act = traits_of(to.family).hidden_act;
  to.settings.rope_theta = traits_of(to.family).rope_theta;
  in.text("hidden_act", to.hidden_act);
  in.real("rms_norm_eps", to.settings.norm_eps, 1e-30, 1, need::required);
  // false in the classes of all four families, whatever their base class says
  in.truth("tie_word_embeddings", to.tie_word_embeddings);
  in.truth("is_bitnet_config", to.is_bitnet_config);
  read_dtype(in, to);
  if (in.good()) read_tokens(in, to);
  refuse_other_models(in);
}

}  // namespace trilith::io::hf

namespace trilith::TRILITH_IMPLEMENTED {

result<io::hf_config> parse_hf_config(std::string_view json, std::string_view name) {
  using namespace io::hf;
  io::hf_config config;
  config.source = name;
  const auto object = parse_object(json, name, config.notes);
  if (!object) return object.error();
  members in(*object, name);
  read_family(in, config);
  if (in.good()) read_sizes(in, config);
  if (in.good()) read_rest(in, config);
  if (status ok = read_rope(in, name, config); !ok) return std::move(ok).error();
  const value* const quantization = in.object("quantization_config");
  if (status ok = in.finish(); !ok) return std::move(ok).error();
  if (quantization != nullptr)
    if (status ok = read_quantization(*quantization, name, config.quantization); !ok)
      return std::move(ok).error();
  if (status ok = check(config.sizes, name); !ok) return std::move(ok).error();
  return config;
}

status parse_generation_config(std::string_view json, std::string_view name, io::hf_config& into) {
  const auto object = io::hf::parse_object(json, name, into.notes);
  if (!object) return object.error();
  io::hf::members in(*object, name);
  in.tokens("eos_token_id", into.eos_tokens, into.sizes.vocab);
  return in.finish();
}

result<io::hf_config> read_hf_config(std::string_view path) {
  using namespace io::shards;
  const auto file = map_text(path, io::hf::largest_config);
  if (!file) return file.error();
  auto config = TRILITH_IMPLEMENTED::parse_hf_config(text_of(file->bytes()), path);
  const std::string more = inside(directory_of(path), "generation_config.json");
  if (!config || !is_file(more)) return config;
  const auto generation = map_text(more, io::hf::largest_config);
  if (!generation) return generation.error();
  if (status ok =
          TRILITH_IMPLEMENTED::parse_generation_config(text_of(generation->bytes()), more, *config);
      !ok)
    return std::move(ok).error();
  return config;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
