#ifndef TRILITH_IO_HUGGING_FACE_SHARDS_READ_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_SHARDS_READ_IMPL_HPP

#include <trilith/io/hugging_face/shards_index_impl.hpp>
#include <trilith/io/hugging_face/shards_paths_impl.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::shards {

/// The largest indices in use, of 100'000 tensors, have 10 MB.
inline constexpr std::uint64_t largest_index = 64'000'000;

[[nodiscard]] inline error fault(std::string_view index, std::string_view tensor,
                                 std::string_view what, errc code = errc::malformed) {
  return {code, join(index, ": weight_map: tensor ", json::shown(tensor), ": ", what)};
}

/// A shard is a file beside its index, whatever the index says.
[[nodiscard]] inline status check_shard_name(std::string_view index, const index_entry& e) {
  const auto refuse = [&](std::string_view expected) {
    return fault(index, e.tensor,
                 join("expected ", expected, ", found ", json::shown(e.file), "."));
  };
  if (e.file == file_name_of(index))
    return refuse("a shard, not the index itself (a cyclic index)");
  if (e.file.ends_with(".json")) return refuse("a shard, not another index (a cyclic index)");
  if (e.file.empty() || e.file.find_first_of(std::string_view("/\\\0", 3)) != e.file.npos ||
      e.file.starts_with(".."))
    return refuse("a file in the directory of the index, without separators or ..");
  if (!e.file.ends_with(".safetensors")) return refuse("a name that ends in .safetensors");
  return done{};
}

/// Sorts by tensor and refuses tensors that stand twice.
[[nodiscard]] inline status check_entries(std::string_view path, std::vector<index_entry>& all) {
  std::sort(all.begin(), all.end(),
            [](const index_entry& a, const index_entry& b) { return a.tensor < b.tensor; });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].tensor == all[i - 1].tensor)
      return fault(path, all[i].tensor, "the index has this name twice.");
    if (status ok = check_shard_name(path, all[i]); !ok) return ok;
  }
  return done{};
}

[[nodiscard]] inline status read_index(std::string_view path, index_reader& to) {
  if (status ok = json::available(path); !ok) return ok;
  const auto file = map_text(path, largest_index);
  if (!file) return file.error();
  if (!json::read(text_of(file->bytes()), to))
    return error{errc::malformed, join(path, ": ", to.why())};
  if (!to.has_map || to.entries.empty())
    return error{errc::malformed, join(path, ": expected a weight_map that lists tensors, found ",
                                       to.has_map ? "an empty one." : "none.")};
  return check_entries(path, to.entries);
}

}  // namespace trilith::io::shards

#endif
