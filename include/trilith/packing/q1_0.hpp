#ifndef TRILITH_PACKING_Q1_0_HPP
#define TRILITH_PACKING_Q1_0_HPP

#include <trilith/packing/block_layout.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// Q1_0, the binary layout of ggml: 128 weights in 18 bytes, 1.125 bits a weight.
///
/// Bytes 0-1: the scale as binary16. Bit i % 8 of byte 2 + i / 8 is code i: 0 is -1, 1 is +1. Every
/// byte is valid.
struct q1_0 : detail::coded_blocks<q1_0, 128, 18, 0> {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "q1_0";
  static constexpr int min_code = -1, max_code = 1, code_step = 2;

  static constexpr std::size_t unpack_block(const std::uint8_t* block,
                                            std::int8_t* codes) noexcept {
    for (std::size_t i = 0; i < group; ++i)
      codes[i] = static_cast<std::int8_t>(2 * (block[2 + i / 8] >> (i % 8) & 1) - 1);
    return group;
  }

  static constexpr void pack_block(const std::int8_t* codes, std::uint8_t* block) noexcept {
    for (std::size_t b = 0; b < 16; ++b) {
      int byte = 0;
      for (std::size_t bit = 8; bit-- > 0;) byte = byte << 1 | (codes[8 * b + bit] > 0);
      block[2 + b] = static_cast<std::uint8_t>(byte);
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
