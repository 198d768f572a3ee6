#ifndef TRILITH_BENCH_MEASURE_HUGE_MEMORY_HPP
#define TRILITH_BENCH_MEASURE_HUGE_MEMORY_HPP

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <new>

namespace bench {

/// Memory for probes, in huge pages where the system gives them: the limit of the hardware, not of
/// its address translation. Every page is written once.
class huge_memory {
 public:
  explicit huge_memory(std::size_t bytes) : bytes_(bytes) {
    void* const got =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    madvise(got, bytes_, MADV_HUGEPAGE);
#endif
    std::memset(got, 1, bytes_);
    data_ = static_cast<char*>(got);
  }
  huge_memory(const huge_memory&) = delete;
  huge_memory& operator=(const huge_memory&) = delete;
  ~huge_memory() { munmap(data_, bytes_); }

  [[nodiscard]] const char* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_;
  char* data_ = nullptr;
};

}  // namespace bench

#endif
