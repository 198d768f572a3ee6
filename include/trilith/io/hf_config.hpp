#ifndef TRILITH_IO_HF_CONFIG_HPP
#define TRILITH_IO_HF_CONFIG_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/shape.hpp>
#include <trilith/io/hf_family.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::io {

/// What the weight_scale beside a packed projection does to the product of its codes, which
/// linear_class decides. Taking one for the other ruins a model without any error.
enum class scale_meaning : std::uint8_t {
  divide,   ///< "bitlinear", and where no linear_class is given: the scale is 1 / mean|W|
  multiply  ///< "autobitlinear": the scale is mean|W|
};

/// quantization_config. Where `method` is empty the file has none.
struct hf_quantization {
  std::string method;                      ///< "bitnet"
  std::string linear_class = "bitlinear";  ///< or "autobitlinear"
  std::string mode = "offline";            ///< packed codes; "online": latent weights
  std::vector<std::string> not_converted;  ///< modules_to_not_convert
  scale_meaning scale = scale_meaning::divide;
};

/// Rotary frequencies f are kept (plain), or (llama3) divided by `factor` where the wave length
/// 2 pi / f exceeds original_context / low_freq_factor, kept below original_context /
/// high_freq_factor, and blended between. A model that is run without its scaling is another model.
struct hf_rope_scaling {
  enum class kind : std::uint8_t { plain, llama3 };
  kind type = kind::plain;
  double factor = 1, low_freq_factor = 1, high_freq_factor = 1;
  double original_context = 0;  ///< original_max_position_embeddings

  friend constexpr bool operator==(const hf_rope_scaling&, const hf_rope_scaling&) = default;
};

/// A config.json, checked, with the defaults of its model class filled in.
struct hf_config {
  std::string source;  ///< what errors call it
  hf_family family = hf_family::llama;
  std::string architecture, model_type;
  shape sizes;               ///< every size given, check(sizes) passed
  struct settings settings;  ///< rms_norm_eps and rope_theta
  hf_rope_scaling rope_scaling;
  std::string hidden_act;  ///< "silu", "relu2", ...
  bool tie_word_embeddings = false;
  std::int32_t bos_token = -1;           ///< -1: none
  std::vector<std::int32_t> eos_tokens;  ///< of config.json, then more of generation_config.json
  std::string dtype;                     ///< "bfloat16", ...; empty where not given
  hf_quantization quantization;
  std::size_t weight_bits = 0, input_bits = 0;  ///< of 1bitLLM; 0 where not given
  bool is_bitnet_config = false;
  std::vector<std::string> notes;  ///< what is odd without being wrong, a sentence each
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::hf_config> parse_hf_config(std::string_view json, std::string_view name);
status parse_generation_config(std::string_view json, std::string_view name, io::hf_config& into);
result<io::hf_config> read_hf_config(std::string_view path);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Reads a config.json of Hugging Face transformers from memory; `name` is what errors call it.
///
/// Errors, each naming file, key, expected and found: malformed for a text that is no JSON object,
/// for missing members, members of another type and members that stand twice with different
/// values; invalid_value for numbers out of range; unsupported for architectures, rotary scalings,
/// biases, sliding windows and quantisations that nothing here computes, and in a build without
/// nlohmann-json. A member that stands twice with one meaning is a note.
[[nodiscard]] inline result<hf_config> parse_hf_config(std::string_view json,
                                                       std::string_view name) {
  return TRILITH_IMPLEMENTED::parse_hf_config(json, name);
}

/// Adds the tokens that end a text by a generation_config.json. Errors as parse_hf_config().
[[nodiscard]] inline status parse_generation_config(std::string_view json, std::string_view name,
                                                    hf_config& into) {
  return TRILITH_IMPLEMENTED::parse_generation_config(json, name, into);
}

/// Reads a config.json, and the generation_config.json beside it where there is one.
///
///     const auto config = tl::io::read_hf_config("bitnet-b1.58-2B-4T/config.json");
///     if (!config) return config.error();
///     if (config->tie_word_embeddings) ...
[[nodiscard]] inline result<hf_config> read_hf_config(std::string_view path) {
  return TRILITH_IMPLEMENTED::read_hf_config(path);
}

}  // namespace trilith::io

#endif
