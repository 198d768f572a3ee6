#ifndef TRILITH_CORE_REGION_IMPL_HPP
#define TRILITH_CORE_REGION_IMPL_HPP

#include <trilith/core/numeric.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TRILITH_DETAIL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRILITH_DETAIL_ASAN 1
#endif
#endif
#if defined(TRILITH_DETAIL_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace trilith::pages {

inline constexpr std::size_t line = 64;
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

#if defined(__linux__)
inline constexpr bool are_supported = true;

/// Zeroed memory from a huge page's boundary on, whose whole huge pages the system should back by
/// such; null where it has none. Bytes behind the last whole one are in small pages.
[[nodiscard]] inline unsigned char* map(std::size_t bytes) noexcept {
  if (bytes > SIZE_MAX - huge_page) return nullptr;
  void* const mapped = ::mmap(nullptr, bytes + huge_page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const all = static_cast<unsigned char*>(mapped);
  const std::size_t before =
      (huge_page - reinterpret_cast<std::uintptr_t>(all) % huge_page) % huge_page;
  if (before != 0) (void)::munmap(all, before);
  (void)::munmap(all + before + bytes, huge_page - before);
  (void)::madvise(all + before, bytes / huge_page * huge_page, MADV_HUGEPAGE);
  return all + before;
}
inline void unmap(unsigned char* memory, std::size_t bytes) noexcept {
  (void)::munmap(memory, bytes);
}
/// The whole huge pages in [first, last) go back to the system; read again, they are zeros.
inline void forget(unsigned char* memory, std::size_t first, std::size_t last) noexcept {
  first = round_up(first, huge_page);
  last = last / huge_page * huge_page;
  if (first < last) (void)::madvise(memory + first, last - first, MADV_DONTNEED);
}
#else
inline constexpr bool are_supported = false;
[[nodiscard]] inline unsigned char* map(std::size_t) noexcept {
  return nullptr;
}
inline void unmap(unsigned char*, std::size_t) noexcept {}
inline void forget(unsigned char*, std::size_t, std::size_t) noexcept {}
#endif

/// For AddressSanitizer: whether anybody may touch these bytes.
inline void allow([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes,
                  [[maybe_unused]] bool yes) noexcept {
#if defined(TRILITH_DETAIL_ASAN)
  if (yes)
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
  else
    ASAN_POISON_MEMORY_REGION(memory, bytes);
#endif
}

/// Some memory, and what of it is free. Sizes are multiples of `line`.
class region {
 public:
  explicit region(std::size_t bytes) : size_(round_up(bytes, small_page)), memory_(map(size_)) {
    free_.emplace(0, size_);
    if (memory_ != nullptr) allow(memory_, size_, false);
  }
  region(region&& other) noexcept
      : size_(other.size_),
        fresh_(other.fresh_),
        memory_(std::exchange(other.memory_, nullptr)),
        free_(std::move(other.free_)) {}
  region& operator=(region&&) = delete;
  ~region() {
    if (memory_ == nullptr) return;
    allow(memory_, size_, true);
    unmap(memory_, size_);
  }

  explicit operator bool() const noexcept { return memory_ != nullptr; }
  [[nodiscard]] bool is_empty() const noexcept {
    return free_.size() == 1 && free_.begin()->second == size_;
  }
  [[nodiscard]] bool holds(const void* p) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    const auto first = reinterpret_cast<std::uintptr_t>(memory_);
    return at >= first && at - first < size_;
  }

  /// The first free place that is large enough, or null.
  [[nodiscard]] void* take(std::size_t bytes, bool& is_zeroed) {
    for (auto [at, size] : free_) {
      if (size < bytes) continue;
      if (size != bytes) free_.emplace(at + bytes, size - bytes);
      free_.erase(at);
      is_zeroed = at >= fresh_;
      fresh_ = max_of(fresh_, at + bytes);
      allow(memory_ + at, bytes, true);
      return memory_ + at;
    }
    return nullptr;
  }

  /// Joins what is given back with what is free around it.
  void give_back(void* memory, std::size_t bytes) noexcept {
    allow(memory, bytes, false);
    auto first = static_cast<std::size_t>(static_cast<unsigned char*>(memory) - memory_);
    std::size_t last = first + bytes;
    auto after = free_.lower_bound(first);
    if (after != free_.begin())
      if (const auto before = std::prev(after); before->first + before->second == first)
        first = before->first;
    if (after != free_.end() && after->first == last) last += after->second;
    forget(memory_, first, min_of(last, fresh_));
    if (after != free_.end() && after->first < last) free_.erase(after);
    free_[first] = last - first;
  }

 private:
  static constexpr std::size_t small_page = 4096;

  std::size_t size_;
  std::size_t fresh_ = 0;  ///< what lies behind was never given out
  unsigned char* memory_;
  std::map<std::size_t, std::size_t> free_;  ///< sizes by where they begin
};

}  // namespace trilith::pages

#endif
