#ifndef TRILITH_IO_WRITING_DIRECTORY_IMPL_HPP
#define TRILITH_IO_WRITING_DIRECTORY_IMPL_HPP

#include <trilith/io/atomic_file_impl.hpp>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace trilith::io {

namespace writing {
using TRILITH_IMPLEMENTED::files::is_directory;

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
    atomic_file to(file(name));
    status ok = to.open();
    if (ok) ok = to.write({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
    return ok ? to.commit() : std::move(ok);
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
    TRILITH_IMPLEMENTED::files::sync_directory_of(path_);
    return done{};
  }

 private:
  [[nodiscard]] error failed(std::string_view what) const {
    return TRILITH_IMPLEMENTED::files::failed(path_, what);
  }

  std::string path_, temporary_;
  std::vector<std::string> files_;
  bool opened_ = false, committed_ = false;
  int why_not_ = 0;
};

}  // namespace trilith::io

#endif
