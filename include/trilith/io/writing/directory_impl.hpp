#ifndef TRILITH_IO_WRITING_DIRECTORY_IMPL_HPP
#define TRILITH_IO_WRITING_DIRECTORY_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trilith::io {

namespace writing {
[[nodiscard]] inline bool is_directory(std::string_view path) {
  struct stat info {};
  return ::stat(std::string(path).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}
/// Whether nothing has this name, or an empty directory.
[[nodiscard]] inline bool is_free(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, none))) return true;
  return is_directory(path) && std::filesystem::is_empty(path, none);
}
}  // namespace writing

/// A directory filled under a temporary name beside `path`, which commit() gives it. Without a
/// commit nothing remains.
class atomic_directory {
 public:
  explicit atomic_directory(std::string_view path) : path_(path) {
    while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
    if (!writing::is_free(path_)) return;
    temporary_ = path_ + ".XXXXXX";
    opened_ = ::mkdtemp(temporary_.data()) != nullptr;
    why_not_ = errno;
  }
  atomic_directory(const atomic_directory&) = delete;
  atomic_directory& operator=(const atomic_directory&) = delete;
  ~atomic_directory() {
    if (!opened_ || committed_) return;
    for (const std::string& file : files_) (void)::unlink(file.c_str());
    (void)::rmdir(temporary_.c_str());
  }

  [[nodiscard]] status open() const {
    if (temporary_.empty())
      return error{errc::io_failure, join(path_,
                                          ": expected a name that is free, or an empty "
                                          "directory's, found one that is taken.")};
    errno = why_not_;
    return opened_ ? status(done{}) : failed("no temporary directory can be made beside it");
  }
  /// The path of a file in it, which the directory takes with it where it goes.
  [[nodiscard]] const std::string& file(std::string_view name) {
    files_.push_back(join(temporary_, "/", name));
    return files_.back();
  }
  [[nodiscard]] status write(std::string_view name, std::string_view text) {
    std::FILE* const to = std::fopen(file(name).c_str(), "wb");
    if (to == nullptr) return failed(join(name, " cannot be made"));
    const bool good = std::fwrite(text.data(), 1, text.size(), to) == text.size() &&
                      std::fflush(to) == 0 && ::fsync(::fileno(to)) == 0;
    if (std::fclose(to) == 0 && good) return done{};
    return failed(join(name, " cannot be written"));
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    std::uint64_t sum = 0;
    struct stat info {};
    for (const std::string& file : files_)
      if (::stat(file.c_str(), &info) == 0) sum += static_cast<std::uint64_t>(info.st_size);
    return sum;
  }
  /// Fails where the name was taken meanwhile.
  [[nodiscard]] status commit() {
    if (::chmod(temporary_.c_str(), 0755) != 0) return failed("its rights cannot be set");
    committed_ = ::rename(temporary_.c_str(), path_.c_str()) == 0;
    if (!committed_) return failed("renaming failed");
    sync(path_.find('/') == path_.npos ? "." : path_.substr(0, path_.rfind('/') + 1));
    return done{};
  }

 private:
  [[nodiscard]] error failed(std::string_view what) const {
    const errc code = errno == ENOENT ? errc::file_not_found : errc::io_failure;
    return {code, join(path_, ": ", what, ": ", std::strerror(errno), ".")};
  }
  /// A rename is only safe once the directory that holds it is on disk too.
  static void sync(const std::string& directory) noexcept {
    const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return;
    (void)::fsync(file);
    (void)::close(file);
  }

  std::string path_, temporary_;
  std::vector<std::string> files_;
  bool opened_ = false, committed_ = false;
  int why_not_ = 0;
};

}  // namespace trilith::io

#endif
