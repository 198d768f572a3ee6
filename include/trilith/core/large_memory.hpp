#ifndef TRILITH_CORE_LARGE_MEMORY_HPP
#define TRILITH_CORE_LARGE_MEMORY_HPP

#include <cstddef>

namespace trilith {

/// Where aligned_buffers of some size take their memory from. The runtime installs one before
/// main() that gives out huge pages; a program without the runtime has none, and takes all memory
/// from operator new.
///
/// Reading weights from pages of 4 KiB, a processor waits for the addresses of pages about as long
/// as for a sixth of the bytes; a matrix of 2560 x 2560 trits in base 3 is 1.3 MB, less than one
/// page of 2 MiB. So matrices lie one behind the other in a few regions of huge pages, 64 bytes
/// apart. Linux only, elsewhere and where the system refuses nothing changes; the environment
/// variable TRILITH_HUGE_PAGES=0 switches it off (docs/configuration.md).
struct large_memory {
  /// Smaller buffers are operator new's.
  static constexpr std::size_t from_bytes = std::size_t{128} << 10;

  /// `bytes` on a 64-byte boundary, or null where there are none; says whether they are zeros.
  void* (*take)(std::size_t bytes, bool& is_zeroed) noexcept;
  void (*give_back)(void* memory, std::size_t bytes) noexcept;

  inline static const large_memory* installed = nullptr;
};

}  // namespace trilith

#endif
