#ifndef TRILITH_IO_HF_FAMILY_HPP
#define TRILITH_IO_HF_FAMILY_HPP

#include <array>
#include <cstdint>
#include <string_view>

namespace trilith::io {

/// The model classes of Hugging Face transformers that are read. They differ in norms, gates and
/// tensor names; docs/hugging_face.md has the table.
enum class hf_family : std::uint8_t {
  bitnet_2b4t,     ///< BitNetForCausalLM: sub-norms, squared ReLU
  bitnet_1bitllm,  ///< BitnetForCausalLM of 1bitLLM: sub-norms under other names, SiLU
  llama,           ///< LlamaForCausalLM, with or without a BitNet quantisation
  qwen3            ///< Qwen3ForCausalLM: norms of each query and key head
};

/// What transformers supplies where a config.json is silent.
struct hf_family_traits {
  hf_family family;
  std::string_view architecture;  ///< the class, as architectures[0] spells it
  std::string_view model_type;
  std::string_view hidden_act;
  float rope_theta;
  std::uint32_t head_dim;  ///< 0: hidden_size / num_attention_heads
};

/// In the order of hf_family.
inline constexpr std::array<hf_family_traits, 4> hf_families{
    {{hf_family::bitnet_2b4t, "BitNetForCausalLM", "bitnet", "relu2", 500000.f, 0},
     {hf_family::bitnet_1bitllm, "BitnetForCausalLM", "llama", "silu", 10000.f, 0},
     {hf_family::llama, "LlamaForCausalLM", "llama", "silu", 10000.f, 0},
     {hf_family::qwen3, "Qwen3ForCausalLM", "qwen3", "silu", 10000.f, 128}}};

[[nodiscard]] constexpr const hf_family_traits& traits_of(hf_family f) noexcept {
  return hf_families[static_cast<std::size_t>(f)];
}

static_assert(traits_of(hf_family::bitnet_1bitllm).family == hf_family::bitnet_1bitllm &&
              traits_of(hf_family::qwen3).family == hf_family::qwen3);

}  // namespace trilith::io

#endif
