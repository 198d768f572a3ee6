#ifndef TRILITH_IO_WRITING_PLAN_IMPL_HPP
#define TRILITH_IO_WRITING_PLAN_IMPL_HPP

#include <trilith/io/hf_names.hpp>
#include <trilith/io/writing/choice_impl.hpp>
#include <trilith/io/writing/rows_impl.hpp>

#include <algorithm>
#include <utility>

/// What will be in the file, before a byte of it is written.
namespace trilith::io::writing {

struct plan {
  const model_source& source;
  const write_options& options;
  hf_family family = hf_family::llama;
  std::string architecture = {};  ///< of GGUF, or the class of transformers
  row_order order = row_order::half_split;
  std::vector<output> outputs = {};
  bool is_tied = true;
  write_report report = {};
};

[[nodiscard]] inline std::string described(const source_facts& f) {
  return join("gate ", f.gate.empty() ? "unknown" : f.gate,
              f.has_sub_norms ? ", sub-norms" : ", no sub-norms",
              f.has_head_norms ? ", norms of each head" : "");
}

/// The architecture that describes the model in either format.
[[nodiscard]] inline status choose_architecture(plan& p) {
  const source_facts& f = p.source.facts;
  const bool is_gguf = p.options.format == model_format::gguf;
  const bool is_squared = f.gate == "relu_squared";
  if (f.has_sub_norms && !f.has_head_norms && (is_squared || f.gate == "silu")) {
    p.family = hf_family::bitnet_2b4t;
    p.architecture = is_squared ? "bitnet-b1.58" : "bitnet";
  } else if (!f.has_sub_norms && f.gate == "silu") {
    p.family = f.has_head_norms ? hf_family::qwen3 : hf_family::llama;
    p.architecture = f.has_head_norms ? "qwen3" : "llama";
  } else {
    return error{errc::unsupported,
                 join(p.source.name, ": no architecture of ", name_of(p.options.format), " has ",
                      described(f), ". io::save() writes any model.")};
  }
  if (!is_gguf) p.architecture = traits_of(p.family).architecture;
  if (is_gguf && p.family == hf_family::llama) p.order = row_order::interleaved;
  return done{};
}

/// Whether the head is the embedding, in memory or number by number.
[[nodiscard]] inline bool is_tied(const model_source& source) noexcept {
  const source_tensor* const head = source.find("head");
  const source_tensor* const table = source.find("embedding");
  if (head == nullptr || table == nullptr) return true;
  const auto a = head->memory.bytes, b = table->memory.bytes;
  const auto s = head->packed.scales, t = table->packed.scales;
  return head->how == table->how && head->factor == table->factor && a.size() == b.size() &&
         (a.data() == b.data() || std::equal(a.begin(), a.end(), b.begin())) &&
         std::equal(s.begin(), s.end(), t.begin(), t.end());
}

/// Every tensor that the architecture has, so that no model is taken for a similar one.
[[nodiscard]] inline status check_complete(const plan& p) {
  std::vector<std::string> wanted{"embedding", "final_norm"};
  for (std::size_t n = 0; n < p.source.facts.sizes.layers; ++n) {
    for (const std::string_view name :
         {"attention.query", "attention.key", "attention.value", "attention.output",
          "attention_norm", "ffn.gate", "ffn.up", "ffn.down", "ffn_norm"})
      wanted.push_back(join("blocks.", n, ".", name));
    if (p.source.facts.has_sub_norms)
      for (const std::string_view name : {"attention.sub_norm", "ffn.sub_norm"})
        wanted.push_back(join("blocks.", n, ".", name));
    if (p.source.facts.has_head_norms)
      for (const std::string_view name : {"attention.query_norm", "attention.key_norm"})
        wanted.push_back(join("blocks.", n, ".", name));
  }
  for (const std::string& name : wanted)
    if (p.source.find(name) == nullptr)
      return error{errc::unsupported, join(p.source.name, ": ", p.architecture, " has a tensor ",
                                           name, ", the model has none.")};
  return done{};
}

/// The norms of heads have an order of their own, which nothing here changes.
[[nodiscard]] inline status check_order(const plan& p, const source_tensor& t) {
  if (!p.source.facts.has_head_norms || sources::keeps_order(t, p.order)) return done{};
  return error{errc::unsupported,
               join(t.origin, ": ", p.architecture,
                    " turns halves of a head; a model that has norms of each head and turns "
                    "neighbours cannot be written.")};
}

[[nodiscard]] inline std::string name_in(const plan& p, std::string_view canonical) {
  return p.options.format == model_format::gguf ? gguf_name(canonical)
                                                : hf_name(p.family, canonical);
}

/// Finds the scale of a matrix, or that its groups agree with those of the layout.
[[nodiscard]] inline status settle_scales(const plan& p, output& to) {
  const source_tensor& from = *to.from;
  const std::size_t group = to.layout().group;
  status ok = done{};
  if (group == 0 || (is_coded(from) && sources::codes_of(from).group == 0)) {
    auto scale = scale_of_matrix(from);
    if (scale) to.scale = *scale;
    if (!scale) ok = std::move(scale).error();
  } else {
    ok = check_groups(from, group);
  }
  if (ok || ok.error().code != errc::mismatch) return ok;
  return does_not_fit(p.options.format, to.how, content_of(p.source, from),
                      std::max<std::size_t>(1, sources::codes_of(from).group), from,
                      join(" (", ok.error().message, ")"));
}

[[nodiscard]] inline status add(plan& p, const source_tensor& t) {
  output to{.from = &t, .name = name_in(p, t.name), .order = p.order};
  if (to.name.empty())
    return error{errc::unsupported,
                 join(t.origin, ": ", p.architecture, " has no tensor ", t.name, ".")};
  if (is_block_matrix(t) || is_table(t)) {
    const auto how =
        is_table(t) ? choose_table(p.source, t, p.options) : choose_matrix(p.source, t, p.options);
    if (!how) return how.error();
    to.how = *how;
  }
  if (status ok = check_order(p, t); !ok) return ok;
  if (to.is_coded())
    if (status ok = settle_scales(p, to); !ok) return ok;
  p.outputs.push_back(std::move(to));
  return done{};
}

/// Embedding, blocks in their order, the rest.
[[nodiscard]] inline std::pair<std::size_t, std::string_view> place_of(const output& o) {
  const std::string& name = o.from->name;
  if (name == "embedding") return {0, name};
  if (!name.starts_with("blocks.")) return {~std::size_t{0}, name};
  std::size_t block = 0;
  for (std::size_t i = 7; i < name.size() && name[i] != '.'; ++i)
    block = block * 10 + static_cast<std::size_t>(name[i] - '0');
  return {block + 1, name};
}

[[nodiscard]] inline result<plan> make_plan(const model_source& source,
                                            const write_options& options) {
  plan p{.source = source, .options = options};
  status ok = check_options(options);
  if (ok) ok = check(source.facts.sizes, source.name);
  if (ok) ok = choose_architecture(p);
  if (ok) ok = check_complete(p);
  p.is_tied = is_tied(source);
  for (std::size_t i = 0; ok && i < source.tensors.size(); ++i)
    if (source.tensors[i].name != "head" || !p.is_tied) ok = add(p, source.tensors[i]);
  if (ok && source.tokenizer.size() > source.facts.sizes.vocab)
    ok = error{errc::mismatch, join(source.name, ": the tokenizer has ", source.tokenizer.size(),
                                    " tokens, the model ", source.facts.sizes.vocab, ".")};
  if (!ok) return std::move(ok).error();
  std::sort(p.outputs.begin(), p.outputs.end(),
            [](const output& a, const output& b) { return place_of(a) < place_of(b); });
  return p;
}

}  // namespace trilith::io::writing

#endif
