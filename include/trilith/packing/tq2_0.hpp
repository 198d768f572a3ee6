#ifndef TRILITH_PACKING_TQ2_0_HPP
#define TRILITH_PACKING_TQ2_0_HPP

#include <trilith/packing/block_layout.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// TQ2_0, a ternary layout of ggml: 256 weights in 66 bytes, 2.0625 bits a weight.
///
/// Bytes 0-31 hold the codes 0-127 of a block and bytes 32-63 the codes 128-255: byte p of such a
/// half holds its codes p, p + 32, p + 64, p + 96, the first in the low bits (in I2_S: the top
/// bits). Raw values 0, 1, 2 are -1, 0, +1; 3 is invalid. Bytes 64-65: the scale as binary16.
struct tq2_0 : detail::coded_blocks<tq2_0, 256, 66, 64> {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "tq2_0";
  static constexpr int min_code = -1, max_code = 1, code_step = 1;
  static constexpr std::size_t half_bytes = 32;

  static constexpr std::size_t unpack_block(const std::uint8_t* block,
                                            std::int8_t* codes) noexcept {
    detail::word invalid = 0;
    for (std::size_t half = 0; half < 2; ++half)
      for (std::size_t p = 0; p < half_bytes; p += 8) {
        const detail::word w = detail::load_word(block + half * half_bytes + p);
        invalid |= detail::fields_of_3(w);
        for (std::size_t f = 0; f < 4; ++f)
          detail::store_word(codes + 128 * half + f * half_bytes + p,
                             detail::codes_of(w >> (2 * f) & detail::every(3)));
      }
    return invalid == 0 ? group : detail::first_above_one(codes, group);
  }

  static constexpr void pack_block(const std::int8_t* codes, std::uint8_t* block) noexcept {
    for (std::size_t b = 0; b < 64; ++b) {
      const std::int8_t* first = codes + b / half_bytes * 128 + b % half_bytes;
      int byte = 0;
      for (std::size_t f = 4; f-- > 0;) byte = byte << 2 | (first[f * half_bytes] + 1);
      block[b] = static_cast<std::uint8_t>(byte);
    }
  }

  [[nodiscard]] static constexpr std::size_t steps(std::size_t rows) noexcept { return rows; }

  static constexpr std::size_t to_bits2(const std::uint8_t* data, std::size_t rows,
                                        std::size_t cols, std::size_t first, std::size_t last,
                                        std::uint8_t* out, std::size_t out_row_bytes) noexcept {
    return detail::blocks_to_bits2<tq2_0>(data, rows, cols, first, last, out, out_row_bytes);
  }

  /// Byte p of bits2 holds the codes p, p + 64, p + 128, p + 192: fields 0, 2 (p < 32) or 1, 3 of
  /// the first half a, then those of the second half b.
  static constexpr bool block_to_bits2(const std::uint8_t* __restrict block,
                                       std::uint8_t* __restrict out) noexcept {
    using namespace detail;
    word invalid = 0;
    for (std::size_t p = 0; p < half_bytes; p += 8) {
      const word a = load_word(block + p), b = load_word(block + p + half_bytes);
      invalid |= fields_of_3(a) | fields_of_3(b);
      store_word(out + p, (a & every(0x03)) | (a >> 2 & every(0x0C)) | (b << 4 & every(0x30)) |
                              (b << 2 & every(0xC0)));
      store_word(out + p + half_bytes, (a >> 2 & every(0x03)) | (a >> 4 & every(0x0C)) |
                                           (b << 2 & every(0x30)) | (b & every(0xC0)));
    }
    return invalid == 0;
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
