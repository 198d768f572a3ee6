#ifndef TRILITH_IO_MAPPED_FILE_IMPL_HPP
#define TRILITH_IO_MAPPED_FILE_IMPL_HPP

#include <trilith/io/files_impl.hpp>
#include <trilith/io/mapped_file.hpp>

#include <cstdint>

#include <sys/mman.h>

namespace trilith::TRILITH_IMPLEMENTED {

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
  const auto before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page;
  const std::size_t skipped = before == 0 ? 0 : page - before;
  if (bytes.size() < skipped + page) return;
  auto* const first = const_cast<unsigned char*>(bytes.data()) + skipped;
  (void)::madvise(first, (bytes.size() - skipped) / page * page, MADV_DONTNEED);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
