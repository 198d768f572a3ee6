#ifndef TRILITH_IO_GGUF_VALUE_TYPE_HPP
#define TRILITH_IO_GGUF_VALUE_TYPE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trilith::io {

/// The types of GGUF metadata; the values are the numbers in files.
enum class gguf_type : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12
};

struct gguf_type_traits {
  std::string_view name;
  std::uint32_t bytes;  ///< of a value; 0 where that differs from value to value
};

inline constexpr std::array<gguf_type_traits, 13> gguf_types{{{"u8", 1},
                                                              {"i8", 1},
                                                              {"u16", 2},
                                                              {"i16", 2},
                                                              {"u32", 4},
                                                              {"i32", 4},
                                                              {"f32", 4},
                                                              {"bool", 1},
                                                              {"string", 0},
                                                              {"array", 0},
                                                              {"u64", 8},
                                                              {"i64", 8},
                                                              {"f64", 8}}};

[[nodiscard]] constexpr std::string_view name_of(gguf_type t) noexcept {
  return gguf_types[static_cast<std::size_t>(t)].name;
}
[[nodiscard]] constexpr std::uint32_t bytes_of(gguf_type t) noexcept {
  return gguf_types[static_cast<std::size_t>(t)].bytes;
}

}  // namespace trilith::io

#endif
