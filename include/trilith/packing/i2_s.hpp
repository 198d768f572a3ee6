#ifndef TRILITH_PACKING_I2_S_HPP
#define TRILITH_PACKING_I2_S_HPP

#include <trilith/packing/layout.hpp>
#include <trilith/packing/words.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// I2_S, the ternary layout of bitnet.cpp's GGUF files: 2 bits a weight and one scale.
///
/// W is cut into blocks of 128 weights, 32 bytes each. Byte p of a block holds its codes p, p + 32,
/// p + 64, p + 96, the first in the top bits; the raw values 0, 1, 2 are -1, 0, +1, and 3 is
/// invalid. After the n / 4 bytes of codes comes the scale as a float32 and 28 bytes without
/// meaning: 0 here, uninitialised in files of the older quantiser. w = scale * code.
///
/// Builds of bitnet.cpp for ARM of 2025 expect blocks of 64; no published file is written so.
struct i2_s {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "i2_s";
  static constexpr int min_code = -1, max_code = 1, code_step = 1;
  static constexpr std::size_t group = 0, block = 128, block_bytes = 32, tail_bytes = 32;
  static constexpr bool has_scales = true;

  [[nodiscard]] static constexpr bool fits(std::size_t, std::size_t cols) noexcept {
    return cols % block == 0;
  }
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t rows, std::size_t cols) noexcept {
    return rows * (cols / 4) + tail_bytes;
  }
  [[nodiscard]] static constexpr float scale(const std::uint8_t* data, std::size_t rows,
                                             std::size_t cols, std::size_t, std::size_t) noexcept {
    return detail::load_float(data + rows * (cols / 4));
  }

  static constexpr std::size_t unpack_row(const std::uint8_t* data, std::size_t, std::size_t cols,
                                          std::size_t r, std::int8_t* codes) noexcept {
    const std::uint8_t* bytes = data + r * (cols / 4);
    detail::word invalid = 0;
    for (std::size_t c = 0; c < cols; c += block, bytes += block_bytes)
      for (std::size_t p = 0; p < block_bytes; p += 8) {
        const detail::word w = detail::load_word(bytes + p);
        invalid |= detail::fields_of_3(w);
        for (std::size_t f = 0; f < 4; ++f)
          detail::store_word(codes + c + f * block_bytes + p,
                             detail::codes_of(w >> (6 - 2 * f) & detail::every(3)));
      }
    return invalid == 0 ? cols : detail::first_above_one(codes, cols);
  }

  static constexpr void pack_row(const std::int8_t* codes, const float* scales, std::size_t rows,
                                 std::size_t cols, std::size_t r, std::uint8_t* data) noexcept {
    std::uint8_t* bytes = data + r * (cols / 4);
    for (std::size_t c = 0; c < cols; c += block, bytes += block_bytes)
      for (std::size_t p = 0; p < block_bytes; ++p) {
        int byte = 0;
        for (std::size_t f = 0; f < 4; ++f) byte = byte << 2 | (codes[c + f * block_bytes + p] + 1);
        bytes[p] = static_cast<std::uint8_t>(byte);
      }
    detail::store_float(data + rows * (cols / 4), scales[0]);
  }

  [[nodiscard]] static constexpr std::size_t steps(std::size_t rows) noexcept { return rows; }

  static constexpr std::size_t to_bits2(const std::uint8_t* data, std::size_t rows,
                                        std::size_t cols, std::size_t first, std::size_t last,
                                        std::uint8_t* out, std::size_t out_row_bytes) noexcept {
    for (std::size_t r = first; r < last; ++r)
      if (!row_to_bits2(data + r * (cols / 4), cols / 4, out + r * out_row_bytes)) return r;
    return rows;
  }

 private:
  /// Two blocks a, b make one of bits2, whose byte p holds codes p, p + 64, p + 128, p + 192: the
  /// fields 0, 2 (p < 32) or 1, 3 of a, then those of b, in the opposite order of bits.
  static constexpr bool row_to_bits2(const std::uint8_t* __restrict bytes, std::size_t count,
                                     std::uint8_t* __restrict out) noexcept {
    using namespace detail;
    word invalid = 0;
    std::size_t i = 0;
    for (; i + plane_bytes <= count; i += plane_bytes)
      for (std::size_t p = i; p < i + block_bytes; p += 8) {
        const word a = load_word(bytes + p), b = load_word(bytes + p + block_bytes);
        invalid |= fields_of_3(a) | fields_of_3(b);
        store_word(out + p, (a >> 6 & every(0x03)) | (a & every(0x0C)) | (b >> 2 & every(0x30)) |
                                (b << 4 & every(0xC0)));
        store_word(out + p + block_bytes, (a >> 4 & every(0x03)) | (a << 2 & every(0x0C)) |
                                              (b & every(0x30)) | (b << 6 & every(0xC0)));
      }
    for (; i < count; i += 8) {  // a single block at the end: four planes of 32
      const word a = load_word(bytes + i);
      invalid |= fields_of_3(a);
      store_word(out + i, (a >> 6 & every(0x03)) | (a >> 2 & every(0x0C)) | (a << 2 & every(0x30)) |
                              (a << 6 & every(0xC0)));
    }
    return invalid == 0;
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
