#ifndef TRILITH_IO_MAPPED_FILE_IMPL_HPP
#define TRILITH_IO_MAPPED_FILE_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/mapped_file.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// A rename is only safe once the directory that holds it is on disk too.
inline void sync_directory_of(const std::string& path) noexcept {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) (void)::fsync(directory.get());
}

}  // namespace files

result<io::mapped_file> map_file(std::string_view path) {
  const std::string name(path);
  const files::descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return files::failed(path, "the file cannot be opened");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return files::failed(path, "the file cannot be examined");
  if (!S_ISREG(info.st_mode))
    return error{errc::file_not_found, join(path, ": expected a file, found something else.")};
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return io::mapped_file(name, nullptr, 0);
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return files::failed(path, "the file cannot be mapped");
  return io::mapped_file(name, static_cast<const unsigned char*>(data), size);
}

void unmap_file(const unsigned char* data, std::size_t size) noexcept {
  (void)::munmap(const_cast<unsigned char*>(data), size);
}

void release_pages(std::span<const unsigned char> bytes) noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto last = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (first < last) (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
