#ifndef TRILITH_PACKING_PLANAR_HPP
#define TRILITH_PACKING_PLANAR_HPP

#include <trilith/core/numeric.hpp>

#include <cstddef>
#include <cstdint>

/// The byte order of a packed row, common to every packing.
///
/// A byte holds `Fields` codes. A row of n codes is cut into blocks of 64 * Fields codes, 64 bytes
/// each; field f of byte p holds code f * 64 + p of its block. So one vector load brings codes
/// whose activations are contiguous, at any vector width up to 64 bytes. The rest r = n mod (64 *
/// Fields) makes a last, narrower block of the same form: ceil(r / Fields) bytes, field f of byte p
/// holding code f * ceil(r / Fields) + p. A row therefore takes no byte more than its codes need,
/// whatever n. Fields without a code (the last ones of the last byte plane) hold the raw value 0.
namespace trilith::inline TRILITH_ABI::packing {

inline constexpr std::size_t plane_bytes = 64;

/// Where code i of a row lies: in which byte, and in which field of it.
struct place {
  std::size_t byte;
  std::size_t field;
};

template <std::size_t Fields>
struct planar {
  static constexpr std::size_t fields = Fields;                  ///< codes in a byte
  static constexpr std::size_t block = plane_bytes * Fields;     ///< codes in a full block
  static constexpr double bits_per_code = 8.0 / double(Fields);  ///< of a full block

  /// Bytes of a row of n codes.
  [[nodiscard]] static constexpr std::size_t row_bytes(std::size_t n) noexcept {
    return n / block * plane_bytes + ceil_div(n % block, Fields);
  }

  /// Bytes in a plane of the block that starts at code `first` of a row of n.
  [[nodiscard]] static constexpr std::size_t plane_width(std::size_t n,
                                                         std::size_t first) noexcept {
    return n - first >= block ? plane_bytes : ceil_div(n - first, Fields);
  }

  [[nodiscard]] static constexpr place locate(std::size_t n, std::size_t i) noexcept {
    const std::size_t first = i / block * block;
    const std::size_t width = plane_width(n, first);
    return {first / Fields + (i - first) % width, (i - first) / width};
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
