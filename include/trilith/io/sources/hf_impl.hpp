#ifndef TRILITH_IO_SOURCES_HF_IMPL_HPP
#define TRILITH_IO_SOURCES_HF_IMPL_HPP

#include <trilith/io/sources/hf_tensors_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>

/// A model_source of a Hugging Face directory.
namespace trilith::io::sources {

inline void report_hf(const hf_model& model, model_source& out) {
  const hf_config& c = model.config;
  const std::size_t shards = model.tensors.files().size();
  out.report.format =
      shards == 1 ? std::string("safetensors") : join("safetensors in ", shards, " shards");
  out.report.architecture = c.architecture;
  if (out.facts.linear == encoding::hf_u8)
    out.report.notes.push_back(join(
        "linear_class ", c.quantization.linear_class, ": weight_scale is ",
        c.quantization.scale == scale_meaning::divide ? "divided by" : "multiplied with", "."));
  if (const source_tensor* q = out.find("blocks.0.attention.query"); q != nullptr && q->is_latent)
    out.report.notes.push_back("The projections are latent weights, made ternary at load.");
  out.report.notes.insert(out.report.notes.end(), model.notes.begin(), model.notes.end());
}

/// The tokens that end a text by the configuration, where the tokenizer does not know better.
[[nodiscard]] inline status read_tokenizer(const hf_model& model, model_source& out) {
  if (model.tokenizer_path.empty()) return done{};
  auto words = text::load_tokenizer(model.tokenizer_path);
  if (!words) return std::move(words).error();
  if (words->size() > out.facts.sizes.vocab)
    return error{errc::mismatch,
                 join(model.tokenizer_path, ": expected at most ", out.facts.sizes.vocab,
                      " tokens, as the model has, found ", words->size(), ".")};
  out.tokenizer = std::move(*words);
  for (const std::int32_t token : model.config.eos_tokens) out.tokenizer.add_stop(token);
  return done{};
}

/// 2B4T's checkpoints are chatted with by a template that some of them do not carry.
inline void choose_chat_format(const hf_model& model, model_source& out) {
  if (const auto format = text::chat_format_of(model.chat_template);
      format && !model.chat_template.empty())
    out.report.chat = name_of(*format);
  else if (model.config.family == hf_family::bitnet_2b4t)
    out.report.chat = name_of(text::chat_format::bitnet);
}

[[nodiscard]] inline result<model_source> open_hf_source(std::string_view path) {
  auto opened = open_hf(path);
  if (!opened) return std::move(opened).error();
  model_source out{.name = opened->tensors.name()};
  const hf_config& c = opened->config;
  out.facts.sizes = c.sizes;
  out.facts.settings = c.settings;
  out.facts.gate = gate_named(c.hidden_act);
  if (out.facts.gate.empty())
    return error{errc::unsupported,
                 join(c.source, ": hidden_act: expected silu or relu2, found ", c.hidden_act, ".")};
  if (c.rope_scaling.type != hf_rope_scaling::kind::plain)
    return error{errc::unsupported,
                 join(c.source,
                      ": rope_scaling: expected none, found llama3, which nothing here "
                      "computes yet.")};
  hf_model* model = nullptr;
  shared_owner owner = shared_owner::of(std::move(*opened), &model);
  if (status ok = hf_reader(*model, out, std::move(owner)).read_all(); !ok)
    return std::move(ok).error();
  if (const source_tensor* q = out.find("blocks.0.attention.query"); q != nullptr)
    set_weights(out.facts, *q, q->is_latent);
  if (status ok = read_tokenizer(*model, out); !ok) return std::move(ok).error();
  choose_chat_format(*model, out);
  report_facts(out);
  report_hf(*model, out);
  return out;
}

}  // namespace trilith::io::sources

#endif
