#ifndef TRILITH_IO_FILES_IMPL_HPP
#define TRILITH_IO_FILES_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/// What all that touches files shares.
namespace trilith::TRILITH_IMPLEMENTED {

namespace files {

inline error failed(std::string_view path, std::string_view what) {
  const errc code = errno == ENOENT ? errc::file_not_found : errc::io_failure;
  return {code, join(path, ": ", what, ": ", std::strerror(errno), ".")};
}

/// A descriptor that closes itself.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }
  [[nodiscard]] int get() const noexcept { return fd_; }
  /// False where the system reports a late write error.
  bool close() noexcept {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

inline bool write_all(int fd, std::span<const unsigned char> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

[[nodiscard]] inline bool is_directory(const std::string& path) noexcept {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}
[[nodiscard]] inline bool is_file(const std::string& path) noexcept {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// A rename is only safe once the directory that holds it is on disk too.
inline void sync_directory_of(const std::string& path) noexcept {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) (void)::fsync(directory.get());
}

}  // namespace files

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
