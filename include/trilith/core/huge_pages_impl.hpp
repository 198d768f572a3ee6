#ifndef TRILITH_CORE_HUGE_PAGES_IMPL_HPP
#define TRILITH_CORE_HUGE_PAGES_IMPL_HPP

#include <trilith/core/large_memory.hpp>
#include <trilith/core/region_impl.hpp>

#include <cstdlib>
#include <list>
#include <mutex>
#include <new>
#include <string_view>

namespace trilith::pages {

/// Regions of huge pages and what is free in them. Whatever fits in none gets a region; one that
/// is empty goes back to the system. Safe to use from several threads; a child process made by
/// fork() while another thread is inside must not use it.
class heap {
 public:
  [[nodiscard]] void* take(std::size_t bytes, bool& is_zeroed) noexcept {
    bytes = round_up(bytes, line);
    const std::lock_guard lock(mutex_);
    try {
      for (region& r : regions_)
        if (void* const memory = r.take(bytes, is_zeroed)) return memory;
      region fresh(bytes > region_bytes / 4 ? bytes : region_bytes);
      if (!fresh) return nullptr;
      regions_.push_back(std::move(fresh));
      return regions_.back().take(bytes, is_zeroed);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  void give_back(void* memory, std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    for (auto r = regions_.begin(); r != regions_.end(); ++r) {
      if (!r->holds(memory)) continue;
      r->give_back(memory, round_up(bytes, line));
      if (r->is_empty()) regions_.erase(r);
      return;
    }
  }

 private:
  /// Addresses only: a page is there when it is first written to.
  static constexpr std::size_t region_bytes = std::size_t{256} << 20;

  std::mutex mutex_;
  std::list<region> regions_;
};

/// Never destroyed: buffers may outlive every static object.
[[nodiscard]] inline heap& the_heap() {
  static heap& only = *new heap;
  return only;
}

[[nodiscard]] inline bool are_wanted() noexcept {
  const char* const how = std::getenv("TRILITH_HUGE_PAGES");
  return how == nullptr || std::string_view(how) != "0";
}

inline constexpr large_memory source{
    [](std::size_t bytes, bool& is_zeroed) noexcept { return the_heap().take(bytes, is_zeroed); },
    [](void* memory, std::size_t bytes) noexcept { the_heap().give_back(memory, bytes); }};

}  // namespace trilith::pages

namespace trilith::TRILITH_IMPLEMENTED {

/// Before main(), in the one file that compiles the runtime.
[[maybe_unused]] static const bool huge_pages_are_installed = [] {
  if (pages::are_supported && pages::are_wanted()) large_memory::installed = &pages::source;
  return large_memory::installed != nullptr;
}();

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif
