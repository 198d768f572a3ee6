#ifndef TRILITH_TRAIN_CHECKPOINT_DIRECTORY_IMPL_HPP
#define TRILITH_TRAIN_CHECKPOINT_DIRECTORY_IMPL_HPP

#include <trilith/io/files_impl.hpp>
#include <trilith/train/checkpoint_directory.hpp>
#include <trilith/train/description.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace trilith::training_format {

inline constexpr std::string_view prefix = "step_", suffix = ".safetensors";
inline constexpr std::size_t digits = 12, random_letters = 7;  // ".XXXXXX" of a temporary file

/// The step of "step_000000000500.safetensors".
[[nodiscard]] inline bool is_checkpoint(std::string_view name, std::uint64_t& step) noexcept {
  return name.size() >= prefix.size() + digits + suffix.size() && name.starts_with(prefix) &&
         name.ends_with(suffix) &&
         TRILITH_IMPLEMENTED::number_from(
             name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()), step);
}
[[nodiscard]] inline bool is_left_over(std::string_view name) noexcept {
  std::uint64_t step = 0;
  return name.size() > random_letters && name[name.size() - random_letters] == '.' &&
         is_checkpoint(name.substr(0, name.size() - random_letters), step);
}

/// f(name, path) for each file of a directory that can be read.
template <class F>
void for_each_file(const std::string& directory, F f) {
  std::error_code why;
  std::filesystem::directory_iterator at(directory, why), end;
  for (; !why && at != end; at.increment(why)) f(at->path().filename().string(), at->path());
}

}  // namespace trilith::training_format

namespace trilith::TRILITH_IMPLEMENTED {

status open_checkpoint_directory(const std::string& directory) {
  std::error_code why;
  std::filesystem::create_directories(directory, why);
  if (!files::is_directory(directory))
    return error{errc::io_failure, join(directory,
                                        ": expected a directory for checkpoints, which "
                                        "cannot be made: ",
                                        why.message(), ".")};
  std::vector<std::filesystem::path> left_over;
  training_format::for_each_file(directory, [&](const std::string& name, const auto& path) {
    if (training_format::is_left_over(name)) left_over.push_back(path);
  });
  for (const auto& path : left_over) std::filesystem::remove(path, why);
  return done{};
}

std::vector<found_checkpoint> list_checkpoints(const std::string& directory) {
  std::vector<found_checkpoint> out;
  training_format::for_each_file(directory, [&](const std::string& name, const auto& path) {
    std::uint64_t step = 0;
    if (training_format::is_checkpoint(name, step)) out.push_back({step, path.string()});
  });
  std::sort(out.begin(), out.end(),
            [](const found_checkpoint& a, const found_checkpoint& b) { return a.step > b.step; });
  return out;
}

std::string checkpoint_path(std::string_view directory, std::uint64_t step) {
  std::string number = std::to_string(step);
  if (number.size() < training_format::digits)
    number.insert(0, training_format::digits - number.size(), '0');
  return join(directory, "/", training_format::prefix, number, training_format::suffix);
}

void prune_checkpoints(const std::string& directory, std::size_t keep_last, std::uint64_t every) {
  if (keep_last == 0) return;
  const std::vector<found_checkpoint> all = list_checkpoints(directory);
  bool has_multiple = every == 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_needed = !has_multiple && all[i].step % every == 0;
    has_multiple = has_multiple || is_needed;
    std::error_code why;  // one that stays costs room alone
    if (i >= keep_last && !is_needed) std::filesystem::remove(all[i].path, why);
  }
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
