#ifndef TRILITH_IO_CHECKPOINT_VALUES_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_VALUES_IMPL_HPP

#include <trilith/core/half.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/text.hpp>
#include <trilith/io/checkpoint/tensors.hpp>

#include <cstdio>
#include <cstring>
#include <string>

/// Whether the values of a tensor are ones that a model may have. `where` is "file: tensor".
namespace trilith::io::checkpoint {

[[nodiscard]] inline std::string spelled(float value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.9g", static_cast<double>(value));
  return out;
}

template <class Element>
[[nodiscard]] status check_finite(std::span<const unsigned char> bytes, std::string_view where) {
  for (std::size_t i = 0; i < bytes.size() / sizeof(Element); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    if (const float value = to_float(element); !is_finite(value))
      return error{errc::invalid_value,
                   join(where, "[", i, "] should be a finite number, found ", spelled(value), ".")};
  }
  return done{};
}

[[nodiscard]] inline status check_elements(dtype type, std::span<const unsigned char> bytes,
                                           std::string_view where) {
  switch (type) {
    case dtype::f32:
      return check_finite<float>(bytes, where);
    case dtype::f16:
      return check_finite<float16>(bytes, where);
    case dtype::bf16:
      return check_finite<bfloat16>(bytes, where);
    default:
      return done{};
  }
}

[[nodiscard]] inline status check_scales(std::span<const unsigned char> bytes,
                                         std::string_view where) {
  for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    float scale;
    std::memcpy(&scale, bytes.data() + i * sizeof(float), sizeof(float));
    if (!is_finite(scale) || !(scale > 0))
      return error{errc::invalid_value,
                   join(where, ".scales[", i, "] should be a finite number above 0, found ",
                        spelled(scale), ".")};
  }
  return done{};
}

}  // namespace trilith::io::checkpoint

#endif
