#ifndef TRILITH_IO_HUGGING_FACE_DIRECTORY_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_DIRECTORY_IMPL_HPP

#include <trilith/io/hf_directory.hpp>
#include <trilith/io/hugging_face/chat_impl.hpp>
#include <trilith/io/hugging_face/config_impl.hpp>
#include <trilith/io/shards_impl.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::io::hf {

/// The directory, and what open_tensors() opens in it.
struct places {
  std::string directory, tensors;
};

[[nodiscard]] inline result<places> find_places(std::string_view path) {
  const std::string given(path);
  if (shards::is_directory(given)) return places{given, given};
  if (!shards::is_file(given))
    return error{errc::file_not_found,
                 join(path, ": expected a model directory or a file in one, found neither.")};
  const std::string directory = shards::directory_of(path);
  const std::string_view file = shards::file_name_of(path);
  if (file == "config.json") return places{directory, directory};
  if (file.ends_with(".safetensors") || file.ends_with(".safetensors.index.json"))
    return places{directory, given};
  return error{errc::unsupported,
               join(path,
                    ": expected a directory, config.json, a .safetensors file or its "
                    ".safetensors.index.json.")};
}

[[nodiscard]] inline result<hf_config> config_of(const places& at) {
  const std::string path = shards::inside(at.directory, "config.json");
  if (shards::is_file(path)) return read_hf_config(path);
  return error{errc::file_not_found,
               join(path,
                    ": expected it beside the tensors, found none; tensors alone do not say "
                    "which model they are.")};
}

[[nodiscard]] inline std::string tokenizer_of(const std::string& directory) {
  for (const std::string_view name :
       {"tokenizer.json", "tokenizer.model", "tokenizer.trilith", "original/tokenizer.model"})
    if (std::string path = shards::inside(directory, name); shards::is_file(path)) return path;
  return {};
}

/// The chat template in `file`, which may be absent: the whole of it, or one member.
[[nodiscard]] inline result<std::string> chat_in(const std::string& file, bool whole) {
  if (!shards::is_file(file)) return std::string();
  const auto mapped = shards::map_text(file, largest_tokenizer_config);
  if (!mapped) return mapped.error();
  const std::string_view text = shards::text_of(mapped->bytes());
  return whole ? result<std::string>(std::string(text)) : read_chat_template(text, file);
}

[[nodiscard]] inline status add_chat_template(const std::string& directory, hf_model& to) {
  const std::string own = shards::inside(directory, "chat_template.jinja");
  auto in_own = chat_in(own, true);
  if (!in_own) return std::move(in_own).error();
  auto in_config = chat_in(shards::inside(directory, "tokenizer_config.json"), false);
  if (!in_config) return std::move(in_config).error();
  if (!in_own->empty() && !in_config->empty() && *in_own != *in_config)
    to.notes.push_back(join(own, ": taken, though tokenizer_config.json has another template."));
  to.chat_template = std::move(in_own->empty() ? *in_config : *in_own);
  return done{};
}

}  // namespace trilith::io::hf

namespace trilith::TRILITH_IMPLEMENTED {

result<io::hf_model> open_hf(std::string_view path) {
  const auto at = io::hf::find_places(path);
  if (!at) return at.error();
  auto config = io::hf::config_of(*at);
  if (!config) return std::move(config).error();
  auto tensors = open_tensors(at->tensors);
  if (!tensors) return std::move(tensors).error();
  io::hf_model model{std::move(config).value(),
                     std::move(tensors).value(),
                     io::hf::tokenizer_of(at->directory),
                     {},
                     {}};
  if (status ok = io::hf::add_chat_template(at->directory, model); !ok)
    return std::move(ok).error();
  if (model.tokenizer_path.empty())
    model.notes.push_back(
        join(at->directory, ": it has no tokenizer.json and no tokenizer.model."));
  for (const auto* more : {&model.config.notes, &model.tensors.notes})
    model.notes.insert(model.notes.end(), more->begin(), more->end());
  return model;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
