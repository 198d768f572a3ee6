#ifndef TRILITH_IO_SAFETENSORS_DTYPE_HPP
#define TRILITH_IO_SAFETENSORS_DTYPE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trilith::io {

/// The element types of the safetensors format, by ascending alignment.
enum class dtype : std::uint8_t {
  boolean,
  f4,
  f6_e2m3,
  f6_e3m2,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64
};

struct dtype_traits {
  std::string_view name;  ///< as headers spell it
  std::uint32_t bits;     ///< of an element
};

inline constexpr std::array<dtype_traits, 22> dtypes{
    {{"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
     {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
     {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
     {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
     {"I64", 64},        {"U64", 64}}};

[[nodiscard]] constexpr std::string_view name_of(dtype t) noexcept {
  return dtypes[static_cast<std::size_t>(t)].name;
}
[[nodiscard]] constexpr std::uint32_t bits_of(dtype t) noexcept {
  return dtypes[static_cast<std::size_t>(t)].bits;
}

static_assert(name_of(dtype::u8) == "U8" && name_of(dtype::bf16) == "BF16" &&
              name_of(dtype::f32) == "F32" && name_of(dtype::u64) == "U64");

}  // namespace trilith::io

#endif
