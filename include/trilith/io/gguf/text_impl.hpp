#ifndef TRILITH_IO_GGUF_TEXT_IMPL_HPP
#define TRILITH_IO_GGUF_TEXT_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

/// Texts of GGUF files, and how messages name things.
namespace trilith::io::gguf {

inline constexpr std::uint64_t longest_key = 65535;
inline constexpr std::uint64_t longest_name = 64;

[[nodiscard]] inline std::string quoted(std::string_view name) {
  return text::detail::in_quotes(name);
}

[[nodiscard]] inline error key_fault(std::string_view file, std::string_view key, errc code,
                                     std::string_view what) {
  return {code, join(file, ": key ", quoted(key), ": ", what)};
}
[[nodiscard]] inline error tensor_fault(std::string_view file, std::string_view tensor, errc code,
                                        std::string_view what) {
  return {code, join(file, ": tensor ", quoted(tensor), ": ", what)};
}

/// "[3, 20]"
[[nodiscard]] inline std::string spelled(std::span<const std::uint64_t> dims) {
  std::string out = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) out += join(i == 0 ? "" : ", ", dims[i]);
  return out += "]";
}

/// Eight bytes at a time, since nearly all texts are ASCII and a vocabulary has 400'000.
[[nodiscard]] inline bool is_ascii(std::string_view s) noexcept {
  std::uint64_t high = 0, word = 0;
  std::size_t at = 0;
  for (; at + 8 <= s.size(); at += 8) {
    std::memcpy(&word, s.data() + at, 8);
    high |= word;
  }
  for (; at < s.size(); ++at) high |= static_cast<unsigned char>(s[at]);
  return (high & 0x8080808080808080u) == 0;
}
[[nodiscard]] inline bool is_utf8(std::string_view s) noexcept {
  return is_ascii(s) || text::valid_prefix(s) == s.size();
}

[[nodiscard]] inline bool is_power_of_two(std::uint64_t n) noexcept {
  return n != 0 && (n & (n - 1)) == 0;
}
/// n rounded up to a multiple of the alignment, a power of two; no overflow for what lies in a
/// file.
[[nodiscard]] inline std::uint64_t padded(std::uint64_t n, std::uint64_t alignment) noexcept {
  return (n + alignment - 1) & ~(alignment - 1);
}

}  // namespace trilith::io::gguf

#endif
