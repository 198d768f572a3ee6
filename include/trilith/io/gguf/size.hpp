#ifndef TRILITH_IO_GGUF_SIZE_HPP
#define TRILITH_IO_GGUF_SIZE_HPP

#include <trilith/io/gguf/type.hpp>

#include <cstdint>
#include <span>

namespace trilith::io {

namespace gguf {

/// Weights of a tensor, 1 without dimensions; false where they are 2^60 or more.
[[nodiscard]] constexpr bool count_weights(std::span<const std::uint64_t> dims,
                                           std::uint64_t& weights) noexcept {
  weights = 1;
  for (const std::uint64_t size : dims)
    if (__builtin_mul_overflow(weights, size, &weights)) return false;
  return weights < std::uint64_t{1} << 60;
}

/// 5 bits for each 3 weights of a row except its last 256, which take 2 bits each; up to a multiple
/// of 32 bytes, and 32 more for the scale.
[[nodiscard]] constexpr bool count_tl2_bytes(std::uint64_t cols, std::uint64_t rows,
                                             std::uint64_t& bytes) noexcept {
  if (cols < 256) return false;
  bytes = (cols - 256) * rows / 3 * 5 / 8 + 256 * rows / 2 * 4 / 8;
  bytes = (bytes + 31) / 32 * 32 + 32;
  return true;
}

}  // namespace gguf

/// Bytes of a tensor of these dimensions, the fastest first:
///
///     n / block_weights * block_bytes + n / dims[0] * row_bytes + tail_bytes
///
/// False where the dimensions are no whole blocks, or beyond what 64 bits count.
/// Source of TL2: ggml_nbytes in the fork of bitnet.cpp.
[[nodiscard]] constexpr bool gguf_tensor_bytes(ggml_type type, std::span<const std::uint64_t> dims,
                                               std::uint64_t& bytes) noexcept {
  const ggml_traits* const t = traits_of(type);
  std::uint64_t n = 0;
  if (t == nullptr || !gguf::count_weights(dims, n)) return false;
  const std::uint64_t cols = dims.empty() ? 1 : dims[0];
  const std::uint64_t rows = cols == 0 ? 0 : n / cols;
  if (type == ggml_type::tl2) return gguf::count_tl2_bytes(cols, rows, bytes);
  if ((t->is_flat ? n : cols) % t->block_weights != 0) return false;
  const std::uint64_t blocks = n / t->block_weights;
  if (__builtin_mul_overflow(blocks, std::uint64_t{t->block_bytes}, &bytes)) return false;
  return !__builtin_add_overflow(bytes, rows * t->row_bytes + t->tail_bytes, &bytes);
}

}  // namespace trilith::io

#endif
