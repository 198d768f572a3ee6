#ifndef TRILITH_IO_INSPECTING_SAFETENSORS_IMPL_HPP
#define TRILITH_IO_INSPECTING_SAFETENSORS_IMPL_HPP

#include <trilith/io/hugging_face/tree_impl.hpp>
#include <trilith/io/inspecting/native_impl.hpp>
#include <trilith/io/shards.hpp>

#include <string>
#include <string_view>

/// Safetensors: single files, shards, directories with a config.json, native checkpoints.
namespace trilith::io::inspecting {

[[nodiscard]] inline inspected_tensor shown(const tensor_entry& from) {
  inspected_tensor t;
  t.name = from.name;
  t.type = name_of(from.type);
  t.shape = from.shape;
  t.bytes = from.bytes;
  set_weights(t);
  return t;
}

/// U8 beside a weight_scale holds codes of four rows a byte (docs/hugging_face.md).
inline void show_packed(inspected_tensor& t, const tensor_files& files) {
  if (t.type != "U8" || !t.name.ends_with(".weight") || t.shape.size() != 2) return;
  const tensor_place scale = files.find(t.name + "_scale");
  if (!scale) return;
  t.type = "U8, 4 weights each";
  t.weights *= 4;
}

/// {"a": {"b": [1, 2]}} as a.b = [1, 2].
inline void flatten(const hf::value& from, const std::string& key, inspection& out) {
  using enum hf::value::kind;
  if (from.is == object) {
    for (const hf::value& member : from.items)
      flatten(member, key.empty() ? member.key : join(key, ".", member.key), out);
    return;
  }
  if (from.is != list) {
    out.metadata.push_back({key, from.is == text ? from.text : hf::shown(&from)});
    return;
  }
  std::string items;
  for (std::size_t i = 0; i < from.items.size() && i < shown_elements; ++i)
    items += join(i == 0 ? "" : ", ", hf::shown(&from.items[i]));
  const bool is_cut = from.items.size() > shown_elements;
  out.metadata.push_back({key, is_cut ? join("[", items, ", ...]  (", from.items.size(), " values)")
                                      : join("[", items, "]")});
}

/// What config.json says, whether or not anything here could run it.
[[nodiscard]] inline status add_config(const std::string& path, inspection& out) {
  const auto file = shards::map_text(path, hf::largest_config);
  if (!file) return file.error();
  const auto object = hf::parse_object(shards::text_of(file->bytes()), path, out.notes);
  if (!object) return object.error();
  flatten(*object, "", out);
  const hf::value* const names = object->find("architectures");
  if (names != nullptr && !names->items.empty()) out.architecture = names->items.front().text;
  return done{};
}

inline void add_neighbours(const std::string& directory, inspection& out) {
  for (const std::string_view name :
       {"generation_config.json", "tokenizer.json", "tokenizer.model", "original/tokenizer.model",
        "tokenizer_config.json", "chat_template.jinja"})
    if (shards::is_file(shards::inside(directory, name)))
      out.notes.push_back(join("The directory also has ", name, "."));
}

inline void add_native(const safetensors_file& file, inspection& out) {
  const native_reader native(file);
  out.format = "native checkpoint";
  if (const std::string* blueprint = file.find_metadata("blueprint"); blueprint != nullptr)
    out.architecture = *blueprint;
  for (const tensor_entry& t : file.tensors()) {
    if (t.name == "tokenizer") {
      out.notes.push_back(join("It has its tokenizer inside, ", t.bytes, " bytes."));
      continue;
    }
    inspected_tensor joined;
    if (native.join_codes(t, joined))
      out.tensors.push_back(std::move(joined));
    else if (!native.belongs_to_codes(t))
      out.tensors.push_back(shown(t));
  }
}

inline void add_metadata(const tensor_files& files, inspection& out) {
  const bool is_alone = files.files().size() == 1;
  for (const safetensors_file& file : files.files())
    for (const metadata_pair& pair : file.metadata())
      if (is_alone || (pair.key != "format" && !pair.value.empty()))
        out.metadata.push_back({pair.key, pair.value});
}

[[nodiscard]] inline bool is_native(const tensor_files& files) noexcept {
  if (files.files().size() != 1) return false;
  const std::string* const format = files.files()[0].find_metadata("format");
  return format != nullptr && *format == "trilith";
}

[[nodiscard]] inline result<inspection> inspect_tensors(std::string_view path) {
  const std::string given(path);
  const bool is_config = shards::file_name_of(path) == "config.json";
  const std::string directory = shards::is_directory(given) ? given : shards::directory_of(path);
  auto files = open_tensors(is_config ? directory : given);
  if (!files) return std::move(files).error();
  const std::size_t count = files->files().size();
  inspection out{
      given, count == 1 ? std::string("safetensors") : join("safetensors in ", count, " shards")};
  out.notes = files->notes;
  add_metadata(*files, out);
  if (is_native(*files)) {
    add_native(files->files()[0], out);
    return out;
  }
  if (const std::string config = shards::inside(directory, "config.json"); shards::is_file(config))
    if (status ok = add_config(config, out); !ok) return std::move(ok).error();
  add_neighbours(directory, out);
  for (const tensor_place& place : files->tensors()) {
    out.tensors.push_back(shown(*place.tensor));
    show_packed(out.tensors.back(), *files);
  }
  return out;
}

}  // namespace trilith::io::inspecting

#endif
