#ifndef TRILITH_IO_HF_NAMES_HPP
#define TRILITH_IO_HF_NAMES_HPP

#include <trilith/config.hpp>
#include <trilith/io/hf_family.hpp>

#include <string>
#include <string_view>

namespace trilith::TRILITH_IMPLEMENTED {
std::string hf_name(io::hf_family family, std::string_view canonical);
std::string canonical_of_hf(io::hf_family family, std::string_view name);
std::string gguf_name(std::string_view canonical);
std::string canonical_of_gguf(std::string_view name);
}  // namespace trilith::TRILITH_IMPLEMENTED

/// Three spellings of a decoder's tensors: the library's own ("blocks.3.attention.query"), the one
/// of Hugging Face ("model.layers.3.self_attn.q_proj.weight") and the one of GGUF
/// ("blk.3.attn_q.weight").
namespace trilith::io {

/// The name that the family's checkpoints give a parameter; empty where they have none of it.
/// A packed projection's scale is the name + "_scale": "...q_proj.weight_scale".
///
///     hf_name(hf_family::llama, "blocks.3.ffn.up")  // "model.layers.3.mlp.up_proj.weight"
[[nodiscard]] inline std::string hf_name(hf_family family, std::string_view canonical) {
  return TRILITH_IMPLEMENTED::hf_name(family, canonical);
}

/// The inverse of hf_name(): the library's name, or empty for a tensor the family does not have.
[[nodiscard]] inline std::string canonical_of_hf(hf_family family, std::string_view name) {
  return TRILITH_IMPLEMENTED::canonical_of_hf(family, name);
}

/// The name that GGUF files give a parameter; empty where they have none of it.
///
///     gguf_name("blocks.3.ffn.up")  // "blk.3.ffn_up.weight"
[[nodiscard]] inline std::string gguf_name(std::string_view canonical) {
  return TRILITH_IMPLEMENTED::gguf_name(canonical);
}

/// The inverse of gguf_name(): the library's name, or empty for a tensor it does not know.
[[nodiscard]] inline std::string canonical_of_gguf(std::string_view name) {
  return TRILITH_IMPLEMENTED::canonical_of_gguf(name);
}

}  // namespace trilith::io

#endif
