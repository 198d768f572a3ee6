#ifndef TRILITH_IO_HF_DIRECTORY_HPP
#define TRILITH_IO_HF_DIRECTORY_HPP

#include <trilith/io/hf_config.hpp>
#include <trilith/io/shards.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace trilith::io {

/// A model directory of Hugging Face: what the model is, its tensors, and what turns text into
/// tokens.
struct hf_model {
  hf_config config;
  tensor_files tensors;
  std::string tokenizer_path;      ///< empty where the directory has no tokenizer
  std::string chat_template;       ///< Jinja; empty where there is none
  std::vector<std::string> notes;  ///< of config, tensors and directory, a sentence each
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::hf_model> open_hf(std::string_view path);
result<std::string> read_chat_template(std::string_view json, std::string_view name);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Opens a model directory, given by its own path or by that of its config.json, its
/// model.safetensors or its model.safetensors.index.json.
///
/// Beside the tensors it reads config.json, generation_config.json where there is one, and the chat
/// template: chat_template.jinja before the one of tokenizer_config.json. The tokenizer is named,
/// not read: tokenizer.json, else tokenizer.model, else original/tokenizer.model.
///
///     auto model = tl::io::open_hf("bitnet-b1.58-2B-4T");
///     if (!model) return model.error();
///     const auto query = model->tensors.find(
///         hf_name(model->config.family, "blocks.0.attention.query"));
///
/// Errors: file_not_found that says what is missing; those of open_tensors() and read_hf_config().
/// Costs one pass over the headers; no tensor is touched.
[[nodiscard]] inline result<hf_model> open_hf(std::string_view path) {
  return TRILITH_IMPLEMENTED::open_hf(path);
}

/// The chat_template of a tokenizer_config.json in memory: its text, or of a list of named ones the
/// one called "default". Empty where there is none. Errors: malformed; unsupported in a build
/// without nlohmann-json.
[[nodiscard]] inline result<std::string> read_chat_template(std::string_view json,
                                                            std::string_view name) {
  return TRILITH_IMPLEMENTED::read_chat_template(json, name);
}

}  // namespace trilith::io

#endif
