#ifndef TRILITH_PACKING_HF_U8_HPP
#define TRILITH_PACKING_HF_U8_HPP

#include <trilith/packing/bits.hpp>
#include <trilith/packing/layout.hpp>
#include <trilith/packing/words.hpp>

namespace trilith::inline TRILITH_ABI::packing {

/// The packed uint8 weights of BitNet checkpoints of Hugging Face transformers: 2 bits a weight.
///
/// A tensor [R, cols] of bytes, R = ceil(rows / 4). Byte (r, c) holds column c of the rows r,
/// r + R, r + 2R, r + 3R, the first in the low bits; raw values 0, 1, 2 are -1, 0, +1, and 3 is
/// invalid. Where rows is no multiple of 4 the fields of rows that do not exist are 0 and are not
/// looked at. The scale is another tensor of the file, `weight_scale`, whose meaning depends on
/// the checkpoint's linear_class; so scale() is 1 and pack_row ignores its scales.
struct hf_u8 {
  using policy_kind = layout_kind;
  static constexpr std::string_view name = "hf_u8";
  static constexpr int min_code = -1, max_code = 1, code_step = 1;
  static constexpr std::size_t group = 0;
  static constexpr bool has_scales = false;

  [[nodiscard]] static constexpr bool fits(std::size_t, std::size_t) noexcept { return true; }
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t rows, std::size_t cols) noexcept {
    return steps(rows) * cols;
  }
  [[nodiscard]] static constexpr float scale(const std::uint8_t*, std::size_t, std::size_t,
                                             std::size_t, std::size_t) noexcept {
    return 1.0f;
  }

  static constexpr std::size_t unpack_row(const std::uint8_t* data, std::size_t rows,
                                          std::size_t cols, std::size_t r,
                                          std::int8_t* codes) noexcept {
    const std::uint8_t* bytes = data + r % steps(rows) * cols;
    const std::size_t shift = 2 * (r / steps(rows));
    detail::word invalid = 0;
    std::size_t c = 0;
    for (; c + 8 <= cols; c += 8) {
      const detail::word raws = detail::load_word(bytes + c) >> shift & detail::every(3);
      invalid |= detail::fields_of_3(raws);
      detail::store_word(codes + c, detail::codes_of(raws));
    }
    for (; c < cols; ++c) {
      const int raw = bytes[c] >> shift & 3;
      invalid |= raw == 3;
      codes[c] = static_cast<std::int8_t>(raw - 1);
    }
    return invalid == 0 ? cols : detail::first_above_one(codes, cols);
  }

  static constexpr void pack_row(const std::int8_t* codes, const float*, std::size_t rows,
                                 std::size_t cols, std::size_t r, std::uint8_t* data) noexcept {
    std::uint8_t* bytes = data + r % steps(rows) * cols;
    const std::size_t field = r / steps(rows);
    for (std::size_t c = 0; c < cols; ++c)
      bytes[c] = static_cast<std::uint8_t>(bytes[c] | (codes[c] + 1) << (2 * field));
  }

  /// R: a step is a row of bytes, which writes up to four rows of bits2.
  [[nodiscard]] static constexpr std::size_t steps(std::size_t rows) noexcept {
    return ceil_div(rows, 4);
  }

  static constexpr std::size_t to_bits2(const std::uint8_t* data, std::size_t rows,
                                        std::size_t cols, std::size_t first, std::size_t last,
                                        std::uint8_t* out, std::size_t out_row_bytes) noexcept {
    for (std::size_t s = first; s < last; ++s) {
      quad to = {};
      for (std::size_t k = 0; k < 4 && s + k * steps(rows) < rows; ++k)
        to.row[k] = out + (s + k * steps(rows)) * out_row_bytes;
      const unsigned invalid = fields_in(row_to_bits2(data + s * cols, cols, to)) & to.fields();
      if (invalid != 0)
        return s + static_cast<std::size_t>(std::countr_zero(invalid)) / 2 * steps(rows);
    }
    return rows;
  }

 private:
  /// Where the rows of a row of bytes go; null for rows that do not exist.
  struct quad {
    std::uint8_t* row[4] = {};
    [[nodiscard]] constexpr unsigned fields() const noexcept {
      unsigned mask = 0;
      for (unsigned k = 0; k < 4; ++k) mask |= row[k] != nullptr ? 3u << (2 * k) : 0;
      return mask;
    }
  };

  /// The bits set in any byte of a word.
  [[nodiscard]] static constexpr unsigned fields_in(detail::word w) noexcept {
    w |= w >> 32;
    w |= w >> 16;
    return static_cast<unsigned>((w | w >> 8) & 0xFF);
  }

  /// Full blocks go straight to their rows, the rest and rows that do not exist by way of a block
  /// on the stack: no byte past the end of a row is read or written.
  static constexpr detail::word row_to_bits2(const std::uint8_t* bytes, std::size_t cols,
                                             const quad& to) noexcept {
    std::uint8_t unused[plane_bytes] = {};
    detail::word invalid = 0;
    std::size_t c = 0;
    for (; c + bits2::block <= cols; c += bits2::block) {
      std::uint8_t* out[4] = {};
      for (std::size_t k = 0; k < 4; ++k) out[k] = to.row[k] ? to.row[k] + c / 4 : unused;
      invalid |= block_to_bits2(bytes + c, out[0], out[1], out[2], out[3]);
    }
    if (c == cols) return invalid;
    return invalid | rest_to_bits2(bytes + c, cols - c, c / 4, to);
  }

  /// The last, narrower block, of `count` codes, at byte `at` of the rows.
  static constexpr detail::word rest_to_bits2(const std::uint8_t* bytes, std::size_t count,
                                              std::size_t at, const quad& to) noexcept {
    const std::size_t width = ceil_div(count, 4);
    std::uint8_t block[bits2::block] = {}, planes[4][plane_bytes] = {};
    for (std::size_t i = 0; i < count; ++i) block[i / width * plane_bytes + i % width] = bytes[i];
    const detail::word invalid = block_to_bits2(block, planes[0], planes[1], planes[2], planes[3]);
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t p = 0; to.row[k] && p < width; ++p) to.row[k][at + p] = planes[k][p];
    return invalid;
  }

  /// 256 columns of four rows, which is a 4 x 4 transposition of the 2-bit fields of the bytes p,
  /// p + 64, p + 128, p + 192: of 2 x 2 fields first, of 2 x 2 such squares then.
  static constexpr detail::word block_to_bits2(const std::uint8_t* __restrict bytes,
                                               std::uint8_t* __restrict out0,
                                               std::uint8_t* __restrict out1,
                                               std::uint8_t* __restrict out2,
                                               std::uint8_t* __restrict out3) noexcept {
    using namespace detail;
    word invalid = 0;
    for (std::size_t p = 0; p < plane_bytes; p += 8) {
      const word a = load_word(bytes + p), b = load_word(bytes + 64 + p);
      const word c = load_word(bytes + 128 + p), d = load_word(bytes + 192 + p);
      invalid |= fields_of_3(a) | fields_of_3(b) | fields_of_3(c) | fields_of_3(d);
      const word ab02 = (a & every(0x33)) | (b & every(0x33)) << 2;
      const word ab13 = (a >> 2 & every(0x33)) | (b & every(0xCC));
      const word cd02 = (c & every(0x33)) | (d & every(0x33)) << 2;
      const word cd13 = (c >> 2 & every(0x33)) | (d & every(0xCC));
      store_word(out0 + p, (ab02 & every(0x0F)) | (cd02 & every(0x0F)) << 4);
      store_word(out1 + p, (ab13 & every(0x0F)) | (cd13 & every(0x0F)) << 4);
      store_word(out2 + p, (ab02 >> 4 & every(0x0F)) | (cd02 & every(0xF0)));
      store_word(out3 + p, (ab13 >> 4 & every(0x0F)) | (cd13 & every(0xF0)));
    }
    return invalid;
  }
};

}  // namespace trilith::inline TRILITH_ABI::packing

#endif
