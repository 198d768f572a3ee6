#ifndef TRILITH_IO_SHARDS_IMPL_HPP
#define TRILITH_IO_SHARDS_IMPL_HPP

#include <trilith/io/hugging_face/shards_read_impl.hpp>
#include <trilith/io/shards.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::shards {

/// All tensors of `files`, sorted by name; an error where two files have one.
[[nodiscard]] inline result<std::vector<tensor_place>> places_of(
    std::string_view name, const std::vector<safetensors_file>& files) {
  std::vector<tensor_place> all;
  for (const safetensors_file& file : files)
    for (const tensor_entry& tensor : file.tensors()) all.push_back({&file, &tensor});
  std::sort(all.begin(), all.end(), [](const tensor_place& a, const tensor_place& b) {
    return a.tensor->name < b.tensor->name;
  });
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].tensor->name == all[i - 1].tensor->name)
      return error{errc::malformed,
                   join(name, ": tensor ", json::shown(all[i].tensor->name),
                        ": expected it in one shard, found it in ", all[i - 1].file->name(),
                        " and ", all[i].file->name(), ".")};
  return all;
}

/// The shards that the entries name, each opened once.
[[nodiscard]] inline result<std::vector<safetensors_file>> open_shards(
    std::string_view index, const std::vector<index_entry>& entries) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const index_entry& e : entries) names.push_back(e.file);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<safetensors_file> files;
  files.reserve(names.size());
  for (const std::string_view name : names) {
    auto file = open_safetensors(inside(directory_of(index), name));
    if (!file)
      return error{file.error().code,
                   join(index, ": shard ", json::shown(name), ": ", file.error().message)};
    files.push_back(std::move(file).value());
  }
  return files;
}

/// Whether each tensor is in the shard that the index says; `all` is sorted by name.
[[nodiscard]] inline status check_places(std::string_view index,
                                         const std::vector<index_entry>& entries,
                                         const tensor_files& all) {
  for (const index_entry& e : entries) {
    const tensor_place place = all.find(e.tensor);
    if (!place)
      return fault(
          index, e.tensor,
          join("expected it in the shard ", json::shown(e.file), ", which has no such tensor."));
    if (file_name_of(place.file->name()) != e.file)
      return fault(index, e.tensor,
                   join("expected it in the shard ", json::shown(e.file), ", found it in ",
                        place.file->name(), "."));
  }
  return done{};
}

inline void add_notes(tensor_files& all, const index_reader& index) {
  const std::size_t unlisted = all.tensors().size() - index.entries.size();
  if (unlisted != 0)
    all.notes.push_back(join(all.name(), ": ", unlisted, " tensors of its shards are not listed."));
  std::uint64_t bytes = 0;
  for (const tensor_place& place : all.tensors()) bytes += place.tensor->bytes;
  const json::number& said = index.total_size;
  if (!said.spelled.empty() && said.value != static_cast<double>(bytes))
    all.notes.push_back(join(all.name(), ": total_size says ", said.spelled,
                             " bytes, the tensors have ", bytes, "."));
}

[[nodiscard]] inline result<tensor_files> collect(std::string_view name,
                                                  std::vector<safetensors_file> files) {
  auto places = places_of(name, files);
  if (!places) return std::move(places).error();
  return tensor_files(std::string(name), std::move(files), std::move(places).value(), {});
}

[[nodiscard]] inline result<tensor_files> open_index(std::string_view path) {
  index_reader index;
  if (status ok = read_index(path, index); !ok) return std::move(ok).error();
  auto files = open_shards(path, index.entries);
  if (!files) return std::move(files).error();
  auto all = collect(path, std::move(files).value());
  if (!all) return all;
  if (status ok = check_places(path, index.entries, *all); !ok) return std::move(ok).error();
  add_notes(*all, index);
  return all;
}

[[nodiscard]] inline result<tensor_files> open_single(std::string_view path) {
  auto file = open_safetensors(path);
  if (!file) return std::move(file).error();
  std::vector<safetensors_file> files;
  files.push_back(std::move(file).value());
  return collect(path, std::move(files));
}

[[nodiscard]] inline result<tensor_files> open_directory(std::string_view path) {
  const std::string single = inside(path, "model.safetensors");
  const std::string index = inside(path, "model.safetensors.index.json");
  if (is_file(single)) {
    auto all = open_single(single);
    if (all && is_file(index)) all->notes.push_back(join(index, ": not read; ", single, " is."));
    return all;
  }
  if (is_file(index)) return open_index(index);
  const bool pickled = is_file(inside(path, "pytorch_model.bin")) ||
                       is_file(inside(path, "pytorch_model.bin.index.json"));
  return error{errc::file_not_found,
               join(path, ": expected model.safetensors or model.safetensors.index.json, found ",
                    pickled ? "pytorch_model.bin, a pickle that nothing here reads; save the model "
                              "as safetensors."
                            : "neither.")};
}

}  // namespace trilith::io::shards

namespace trilith::TRILITH_IMPLEMENTED {

result<io::tensor_files> open_tensors(std::string_view path) {
  if (io::shards::is_directory(std::string(path))) return io::shards::open_directory(path);
  return path.ends_with(".json") ? io::shards::open_index(path) : io::shards::open_single(path);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
