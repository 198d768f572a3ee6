#ifndef TRILITH_IO_HUGGING_FACE_NAMES_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_NAMES_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/hf_names.hpp>

#include <string>
#include <string_view>

namespace trilith::io::hf {

/// A spelling: a tensor outside the blocks is its row's name alone, one inside is before + number +
/// '.' + the row's name; both with the same end.
struct spelling {
  std::string_view before, end;
};
inline constexpr spelling canonical_spelling{"blocks.", ""};
inline constexpr spelling hf_spelling{"model.layers.", ".weight"};
inline constexpr spelling gguf_spelling{"blk.", ".weight"};

inline constexpr unsigned of(hf_family f) {
  return 1u << static_cast<unsigned>(f);
}
inline constexpr unsigned of_all = 15;

/// A parameter's three names and the families that have it under the Hugging Face name.
struct names_row {
  std::string_view canonical, hf, gguf;
  unsigned families;
  bool in_block = true;
};

inline constexpr names_row names_table[] = {
    {"embedding", "model.embed_tokens", "token_embd", of_all, false},
    {"final_norm", "model.norm", "output_norm", of_all, false},
    {"head", "lm_head", "output", of_all, false},
    {"attention_norm", "input_layernorm", "attn_norm", of_all},
    {"attention.query", "self_attn.q_proj", "attn_q", of_all},
    {"attention.key", "self_attn.k_proj", "attn_k", of_all},
    {"attention.value", "self_attn.v_proj", "attn_v", of_all},
    {"attention.output", "self_attn.o_proj", "attn_output", of_all},
    {"attention.sub_norm", "self_attn.attn_sub_norm", "attn_sub_norm", of(hf_family::bitnet_2b4t)},
    {"attention.sub_norm", "self_attn.inner_attn_ln", "attn_sub_norm",
     of(hf_family::bitnet_1bitllm)},
    {"attention.query_norm", "self_attn.q_norm", "attn_q_norm", of(hf_family::qwen3)},
    {"attention.key_norm", "self_attn.k_norm", "attn_k_norm", of(hf_family::qwen3)},
    {"ffn_norm", "post_attention_layernorm", "ffn_norm", of_all},
    {"ffn.gate", "mlp.gate_proj", "ffn_gate", of_all},
    {"ffn.up", "mlp.up_proj", "ffn_up", of_all},
    {"ffn.down", "mlp.down_proj", "ffn_down", of_all},
    {"ffn.sub_norm", "mlp.ffn_sub_norm", "ffn_sub_norm", of(hf_family::bitnet_2b4t)},
    {"ffn.sub_norm", "mlp.ffn_layernorm", "ffn_sub_norm", of(hf_family::bitnet_1bitllm)},
};

/// A name cut at its block's number; `block` is empty outside the blocks.
struct name_parts {
  std::string_view block, row;
};

/// A block's number as every writer spells it: no sign, no leading zero, at most six digits.
[[nodiscard]] inline bool is_block_number(std::string_view s) noexcept {
  const bool digits = s.find_first_not_of("0123456789") == s.npos;
  return digits && !s.empty() && s.size() <= 6 && (s.size() == 1 || s[0] != '0');
}

/// False where `name` follows no rule of the spelling.
[[nodiscard]] inline bool cut(std::string_view name, const spelling& as, name_parts& parts) {
  if (!name.ends_with(as.end)) return false;
  parts.row = name.substr(0, name.size() - as.end.size());
  if (!parts.row.starts_with(as.before)) return true;
  const std::string_view rest = parts.row.substr(as.before.size());
  const std::size_t dot = rest.find('.');
  if (dot == rest.npos) return false;
  parts = {rest.substr(0, dot), rest.substr(dot + 1)};
  return is_block_number(parts.block);
}

[[nodiscard]] inline std::string spelled(std::string_view row, const name_parts& parts,
                                         const spelling& as) {
  if (parts.block.empty()) return join(row, as.end);
  return join(as.before, parts.block, ".", row, as.end);
}

/// `name` in another spelling; empty where no row of these families has it.
[[nodiscard]] inline std::string translated(std::string_view name, unsigned families,
                                            const spelling& from, std::string_view names_row::*by,
                                            const spelling& to,
                                            std::string_view names_row::*wanted) {
  name_parts parts;
  if (!cut(name, from, parts)) return {};
  for (const names_row& row : names_table)
    if ((row.families & families) != 0 && row.in_block == !parts.block.empty() &&
        row.*by == parts.row)
      return spelled(row.*wanted, parts, to);
  return {};
}

}  // namespace trilith::io::hf

namespace trilith::TRILITH_IMPLEMENTED {

std::string hf_name(io::hf_family family, std::string_view canonical) {
  using namespace io::hf;
  return translated(canonical, of(family), canonical_spelling, &names_row::canonical, hf_spelling,
                    &names_row::hf);
}

std::string canonical_of_hf(io::hf_family family, std::string_view name) {
  using namespace io::hf;
  return translated(name, of(family), hf_spelling, &names_row::hf, canonical_spelling,
                    &names_row::canonical);
}

std::string gguf_name(std::string_view canonical) {
  using namespace io::hf;
  return translated(canonical, of_all, canonical_spelling, &names_row::canonical, gguf_spelling,
                    &names_row::gguf);
}

std::string canonical_of_gguf(std::string_view name) {
  using namespace io::hf;
  return translated(name, of_all, gguf_spelling, &names_row::gguf, canonical_spelling,
                    &names_row::canonical);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
