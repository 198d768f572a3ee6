#ifndef TRILITH_PACKING_BLOCK_LAYOUT_HPP
#define TRILITH_PACKING_BLOCK_LAYOUT_HPP

#include <trilith/packing/layout.hpp>
#include <trilith/packing/words.hpp>

namespace trilith::inline TRILITH_ABI::packing::detail {

/// Rows of blocks: `Weights` weights in `Bytes` bytes, among them, at byte ScaleAt, their scale as
/// a little-endian binary16. Every block stands alone, so a matrix is its rows one after the other.
template <std::size_t Weights, std::size_t Bytes, std::size_t ScaleAt>
struct blocks {
  static constexpr std::size_t group = Weights, block_bytes = Bytes;

  [[nodiscard]] static constexpr bool fits(std::size_t, std::size_t cols) noexcept {
    return cols % group == 0;
  }
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t rows, std::size_t cols) noexcept {
    return rows * (cols / group) * block_bytes;
  }
  /// Where block g of row r starts.
  [[nodiscard]] static constexpr std::size_t block_at(std::size_t cols, std::size_t r,
                                                      std::size_t g) noexcept {
    return (r * (cols / group) + g) * block_bytes;
  }

 protected:
  [[nodiscard]] static constexpr float load_scale(const std::uint8_t* block) noexcept {
    return load_half(block + ScaleAt);
  }
  static constexpr void store_scale(std::uint8_t* block, float x) noexcept {
    store_half(block + ScaleAt, x);
  }
};

/// A Layout of such blocks. L adds how the codes of one block lie:
/// unpack_block(block, codes) -> the first invalid code or `group`, and pack_block(codes, block).
template <class L, std::size_t Weights, std::size_t Bytes, std::size_t ScaleAt>
struct coded_blocks : blocks<Weights, Bytes, ScaleAt> {
  using base = blocks<Weights, Bytes, ScaleAt>;
  static constexpr bool has_scales = true;

  [[nodiscard]] static constexpr float scale(const std::uint8_t* data, std::size_t,
                                             std::size_t cols, std::size_t r,
                                             std::size_t g) noexcept {
    return base::load_scale(data + base::block_at(cols, r, g));
  }

  static constexpr std::size_t unpack_row(const std::uint8_t* data, std::size_t, std::size_t cols,
                                          std::size_t r, std::int8_t* codes) noexcept {
    const std::uint8_t* block = data + base::block_at(cols, r, 0);
    std::size_t valid = cols;
    for (std::size_t c = 0; c < cols; c += Weights, block += Bytes) {
      const std::size_t first = L::unpack_block(block, codes + c);
      if (first != Weights && valid == cols) valid = c + first;
    }
    return valid;
  }

  static constexpr void pack_row(const std::int8_t* codes, const float* scales, std::size_t,
                                 std::size_t cols, std::size_t r, std::uint8_t* data) noexcept {
    std::uint8_t* block = data + base::block_at(cols, r, 0);
    for (std::size_t g = 0; g < cols / Weights; ++g, block += Bytes) {
      L::pack_block(codes + g * Weights, block);
      base::store_scale(block, scales[g]);
    }
  }
};

/// For layouts of 256 codes a block: L::block_to_bits2(block, out) writes 64 bytes and returns
/// whether every code is valid.
template <class L>
constexpr std::size_t blocks_to_bits2(const std::uint8_t* data, std::size_t rows, std::size_t cols,
                                      std::size_t first, std::size_t last, std::uint8_t* out,
                                      std::size_t out_row_bytes) noexcept {
  static_assert(L::group == planar<4>::block);
  for (std::size_t r = first; r < last; ++r) {
    bool valid = true;
    for (std::size_t g = 0; g < cols / L::group; ++g)
      valid &= L::block_to_bits2(data + L::block_at(cols, r, g),
                                 out + r * out_row_bytes + g * plane_bytes);
    if (!valid) return r;
  }
  return rows;
}

}  // namespace trilith::inline TRILITH_ABI::packing::detail

#endif
