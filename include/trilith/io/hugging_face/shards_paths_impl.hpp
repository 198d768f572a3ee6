#ifndef TRILITH_IO_HUGGING_FACE_SHARDS_PATHS_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_SHARDS_PATHS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/files_impl.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/text/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Files beside files, and files of text.
namespace trilith::io::shards {

using TRILITH_IMPLEMENTED::files::is_directory;
using TRILITH_IMPLEMENTED::files::is_file;

/// "a/b" of "a/b/c", "." of "c".
[[nodiscard]] inline std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}
/// "c" of "a/b/c".
[[nodiscard]] inline std::string_view file_name_of(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}
[[nodiscard]] inline std::string inside(std::string_view directory, std::string_view file) {
  if (directory == ".") return std::string(file);
  return join(directory, directory.ends_with('/') ? "" : "/", file);
}

[[nodiscard]] inline std::string_view text_of(std::span<const unsigned char> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Whether `text` is short enough to be worth reading, and UTF-8.
[[nodiscard]] inline status check_text(std::string_view text, std::string_view file,
                                       std::uint64_t most_bytes) {
  if (text.size() > most_bytes)
    return error{errc::malformed, join(file, ": expected at most ", most_bytes,
                                       " bytes of text, found ", text.size(), ".")};
  if (const std::size_t valid = text::valid_prefix(text); valid != text.size())
    return error{errc::malformed,
                 join(file, ": expected UTF-8, found a byte that is none at ", valid, ".")};
  return done{};
}

/// Maps a file of text.
[[nodiscard]] inline result<mapped_file> map_text(std::string_view path, std::uint64_t most_bytes) {
  auto file = map_file(path);
  if (!file) return file;
  if (status ok = check_text(text_of(file->bytes()), path, most_bytes); !ok)
    return std::move(ok).error();
  return file;
}

}  // namespace trilith::io::shards

#endif
