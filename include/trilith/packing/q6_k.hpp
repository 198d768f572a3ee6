#ifndef TRILITH_PACKING_Q6_K_HPP
#define TRILITH_PACKING_Q6_K_HPP

#include <trilith/packing/block_layout.hpp>
#include <trilith/packing/float_layout.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// Q6_K of ggml: 256 weights in 210 bytes, 6.5625 bits a weight. Read only.
///
/// Bytes 0-127: the low 4 bits of the codes; 128-191: their high 2 bits; 192-207: int8 scales of 16
/// weights each; 208-209: d, the scale of these, as binary16. w_i = (d * scale_(i/16)) * (q_i -
/// 32). Weight i = 128 h + 32 k + p (h < 2, k < 4, p < 32) has its low bits in half k / 2 of byte
/// 64 h + 32 (k % 2) + p, its high bits in field k of byte 128 + 32 h + p, low ones first.
struct q6_k : detail::blocks<256, 210, 208> {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "q6_k";

  static constexpr void decode_row(const std::uint8_t* data, std::size_t cols, std::size_t r,
                                   float* out) noexcept {
    const std::uint8_t* block = data + block_at(cols, r, 0);
    for (std::size_t c = 0; c < cols; c += group, block += block_bytes)
      decode_block(block, out + c);
  }

 private:
  static constexpr void decode_block(const std::uint8_t* block, float* out) noexcept {
    const float d = load_scale(block);
    for (std::size_t i = 0; i < group; i += 16) {
      const std::size_t h = i / 128, k = i / 32 % 4, p = i % 32;
      const std::uint8_t* low = block + 64 * h + 32 * (k % 2) + p;
      const std::uint8_t* high = block + 128 + 32 * h + p;
      const float scale = d * static_cast<float>(static_cast<std::int8_t>(block[192 + i / 16]));
      for (std::size_t j = 0; j < 16; ++j) {
        const int q = (low[j] >> (4 * (k / 2)) & 15) | (high[j] >> (2 * k) & 3) << 4;
        out[i + j] = scale * static_cast<float>(q - 32);
      }
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
