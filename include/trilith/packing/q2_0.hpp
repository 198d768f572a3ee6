#ifndef TRILITH_PACKING_Q2_0_HPP
#define TRILITH_PACKING_Q2_0_HPP

#include <trilith/packing/block_layout.hpp>

namespace trilith::inline TRILITH_ABI::packing {

namespace detail {
/// Group weights: the scale as binary16, then code i in byte 2 + i / 4, bits 2 (i % 4) and up.
template <class L, std::size_t Group>
struct two_bit_blocks : coded_blocks<L, Group, 2 + Group / 4, 0> {
  using policy_kind = layout_kind;
  static constexpr int min_code = -1, max_code = 1, code_step = 1;

  static constexpr std::size_t unpack_block(const std::uint8_t* block,
                                            std::int8_t* codes) noexcept {
    for (std::size_t i = 0; i < Group; ++i)
      codes[i] = static_cast<std::int8_t>((block[2 + i / 4] >> (2 * (i % 4)) & 3) - 1);
    return first_above_one(codes, Group);
  }

  static constexpr void pack_block(const std::int8_t* codes, std::uint8_t* block) noexcept {
    for (std::size_t b = 0; b < Group / 4; ++b) {
      int byte = 0;
      for (std::size_t f = 4; f-- > 0;) byte = byte << 2 | (codes[4 * b + f] + 1);
      block[2 + b] = static_cast<std::uint8_t>(byte);
    }
  }
};
}  // namespace detail

/// Q2_0, the 2-bit layout of ggml: 64 weights in 18 bytes, 2.25 bits a weight.
///
/// Bytes 0-1: the scale as binary16. Byte 2 + i / 4 holds code i, low bits first. Its fields 0, 1,
/// 2, 3 mean -1, 0, +1, +2. This library reads it as a ternary layout: unpack_row writes a +2 as it
/// is and returns its column, so a matrix that has one is refused and never taken for ternary.
struct q2_0 : detail::two_bit_blocks<q2_0, 64> {
  static constexpr std::string_view name = "q2_0";
};

/// The same with 128 weights in 34 bytes, 2.125 bits a weight: files of the PrismML fork, under
/// ggml's type number of Q2_0, told apart by the size of the tensor.
struct q2_0_g128 : detail::two_bit_blocks<q2_0_g128, 128> {
  static constexpr std::string_view name = "q2_0_g128";
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
