#ifndef TRILITH_TEXT_LITTLE_ENDIAN_IMPL_HPP
#define TRILITH_TEXT_LITTLE_ENDIAN_IMPL_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// Reads bytes from front to back. Ask `holds` before each read.
struct byte_reader {
  std::span<const unsigned char> bytes;
  std::size_t at = 0;

  [[nodiscard]] std::size_t left() const { return bytes.size() - at; }
  [[nodiscard]] bool holds(std::uint64_t n) const { return n <= left(); }

  [[nodiscard]] std::uint8_t u8() { return bytes[at++]; }
  [[nodiscard]] std::uint32_t u32() {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{u8()} << (8 * i);
    return value;
  }
  [[nodiscard]] std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
  [[nodiscard]] float f32() { return std::bit_cast<float>(u32()); }
  [[nodiscard]] std::span<const unsigned char> take(std::size_t n) {
    at += n;
    return bytes.subspan(at - n, n);
  }
};

inline void append_u32(std::vector<unsigned char>& out, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<unsigned char>(value >> (8 * i)));
}
inline void append_i32(std::vector<unsigned char>& out, std::int32_t value) {
  append_u32(out, static_cast<std::uint32_t>(value));
}

[[nodiscard]] inline std::string_view as_text(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace trilith::text::detail

#endif
