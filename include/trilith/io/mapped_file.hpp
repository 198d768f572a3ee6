#ifndef TRILITH_IO_MAPPED_FILE_HPP
#define TRILITH_IO_MAPPED_FILE_HPP

#include <trilith/core/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::io {
class mapped_file;
}

namespace trilith::TRILITH_IMPLEMENTED {
result<io::mapped_file> map_file(std::string_view path);
void unmap_file(const unsigned char* data, std::size_t size) noexcept;
/// Lets the system forget whole pages of a mapping; reading them again brings them back.
void release_pages(std::span<const unsigned char> bytes) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// The bytes of a file, mapped for reading; unmapped at the end of its life.
class mapped_file {
 public:
  mapped_file() noexcept = default;
  mapped_file(std::string path, const unsigned char* data, std::size_t size) noexcept
      : path_(std::move(path)), data_(data), size_(size) {}
  mapped_file(mapped_file&& other) noexcept
      : path_(std::move(other.path_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~mapped_file() {
    if (data_ != nullptr) TRILITH_IMPLEMENTED::unmap_file(data_, size_);
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return {data_, size_}; }

 private:
  std::string path_;
  const unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Maps a file. Errors: it does not exist, is a directory, or may not be read.
[[nodiscard]] inline result<mapped_file> map_file(std::string_view path) {
  return TRILITH_IMPLEMENTED::map_file(path);
}

}  // namespace trilith::io

#endif
