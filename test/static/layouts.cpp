// The layouts of other programs, at compile time: golden bytes that tell the layouts apart.
#include <trilith/packing/base3.hpp>
#include <trilith/packing/hf_u8.hpp>
#include <trilith/packing/i2_s.hpp>
#include <trilith/packing/q1_0.hpp>
#include <trilith/packing/q2_0.hpp>
#include <trilith/packing/q6_k.hpp>
#include <trilith/packing/q8_0.hpp>
#include <trilith/packing/tq1_0.hpp>
#include <trilith/packing/tq2_0.hpp>

using namespace trilith::packing;

namespace {

static_assert(Layout<i2_s> && Layout<tq1_0> && Layout<tq2_0> && Layout<q1_0> && Layout<q2_0> &&
              Layout<q2_0_g128> && Layout<hf_u8>);
static_assert(Bits2Layout<i2_s> && Bits2Layout<tq1_0> && Bits2Layout<tq2_0> && Bits2Layout<hf_u8>);
static_assert(!Bits2Layout<q1_0> && !Bits2Layout<q2_0>);
static_assert(FloatLayout<q8_0> && FloatLayout<q6_k> && !Layout<q8_0> && !FloatLayout<tq2_0>);
static_assert(holds<bits2, i2_s> && holds<base3, tq1_0> && holds<bits1, q1_0> &&
              !holds<bits1, i2_s>);
static_assert(layout_table_of<tq2_0>().bytes(2, 512) == 264);

/// Byte `at` of a matrix [rows, cols] of zeros, of ones for binary layouts, with one other code.
template <class L>
constexpr std::uint8_t byte_of(std::size_t rows, std::size_t cols, std::size_t r, std::size_t c,
                               int code, std::size_t at) {
  std::uint8_t data[4096] = {};
  for (std::size_t row = 0; row < rows; ++row) {
    std::int8_t codes[1024] = {};
    float scales[16] = {};
    for (float& scale : scales) scale = 1.0f;
    for (std::int8_t& other : codes) other = L::code_step == 2 ? 1 : 0;
    if (row == r) codes[c] = static_cast<std::int8_t>(code);
    L::pack_row(codes, scales, rows, cols, row, data);
  }
  return data[at];
}

// All zeros are the same in all 2-bit layouts, which is why they prove nothing.
static_assert(byte_of<i2_s>(1, 128, 0, 0, 0, 0) == 0x55 &&
              byte_of<tq2_0>(1, 256, 0, 0, 0, 0) == 0x55);
// I2_S: the first in the top bits. TQ2_0: in the low bits.
static_assert(byte_of<i2_s>(1, 128, 0, 0, 1, 0) == 0x95 &&
              byte_of<i2_s>(1, 128, 0, 0, 1, 1) == 0x55);
static_assert(byte_of<i2_s>(1, 128, 0, 96, 1, 0) == 0x56);
static_assert(byte_of<i2_s>(1, 256, 0, 129, 1, 33) == 0x95);
static_assert(byte_of<tq2_0>(1, 256, 0, 0, 1, 0) == 0x56 &&
              byte_of<tq2_0>(1, 256, 0, 96, 1, 0) == 0x95);
static_assert(byte_of<tq2_0>(1, 256, 0, 128, 1, 32) == 0x56);
static_assert(byte_of<tq2_0>(1, 512, 0, 256, 1, 66) == 0x56);
// Packed uint8: rows r, r + R, ... of a column; missing rows are 0.
static_assert(byte_of<hf_u8>(4, 1, 0, 0, 1, 0) == 0x56 && byte_of<hf_u8>(4, 1, 3, 0, 1, 0) == 0x95);
static_assert(byte_of<hf_u8>(8, 1, 1, 0, 1, 1) == 0x56 && byte_of<hf_u8>(8, 1, 2, 0, 1, 0) == 0x59);
static_assert(byte_of<hf_u8>(3, 2, 0, 0, 0, 1) == 0x15);
// Q2_0: neighbours in a byte, after the scale. Q1_0: low bits first.
static_assert(byte_of<q2_0>(1, 64, 0, 0, 1, 2) == 0x56 && byte_of<q2_0>(1, 64, 0, 3, 1, 2) == 0x95);
static_assert(byte_of<q2_0>(1, 64, 0, 4, -1, 3) == 0x54);
static_assert(byte_of<q2_0>(1, 128, 0, 64, 1, 20) == 0x56);
static_assert(byte_of<q2_0_g128>(1, 128, 0, 64, 1, 18) == 0x56);
static_assert(byte_of<q1_0>(1, 128, 0, 0, -1, 2) == 0xFE &&
              byte_of<q1_0>(1, 128, 0, 9, -1, 3) == 0xFD);
// TQ1_0: 21111 in base 3 is 202; all zeros 0x80; the fifth digit of the last four bytes is 0.
static_assert(byte_of<tq1_0>(1, 256, 0, 0, 1, 0) == 0xD5 &&
              byte_of<tq1_0>(1, 256, 0, 1, 1, 0) == 0x80);
static_assert(byte_of<tq1_0>(1, 256, 0, 160, 1, 32) == 0xD5);
static_assert(byte_of<tq1_0>(1, 256, 0, 32, 1, 0) == (148 * 256 + 242) / 243);
static_assert(byte_of<tq1_0>(1, 256, 0, 240, 1, 48) == (201 * 256 + 242) / 243);
static_assert(byte_of<tq1_0>(1, 256, 0, 252, 1, 48) == (123 * 256 + 242) / 243);
// The scale 1: binary16 0x3C00, at the end (TQ) or in front (Q); float 0x3F800000 behind I2_S.
static_assert(byte_of<tq1_0>(1, 256, 0, 0, 0, 53) == 0x3C &&
              byte_of<tq2_0>(1, 256, 0, 0, 0, 65) == 0x3C);
static_assert(byte_of<q2_0>(1, 64, 0, 0, 0, 1) == 0x3C &&
              byte_of<q1_0>(1, 128, 0, 0, 1, 1) == 0x3C);
static_assert(byte_of<i2_s>(2, 128, 0, 0, 0, 64 + 3) == 0x3F &&
              byte_of<i2_s>(2, 128, 0, 0, 0, 64 + 4) == 0);

/// Whether the direct way to bits2 gives code (r, c) = 1 and nothing else, in a matrix of zeros.
template <class L>
constexpr bool arrives(std::size_t rows, std::size_t cols, std::size_t r, std::size_t c) {
  std::uint8_t data[4096] = {}, out[2048] = {};
  std::int8_t codes[1024] = {};
  const float scales[16] = {};
  for (std::size_t row = 0; row < rows; ++row) {
    codes[c] = row == r;
    L::pack_row(codes, scales, rows, cols, row, data);
  }
  const std::size_t stride = bits2::row_bytes(cols);
  if (L::to_bits2(data, rows, cols, 0, L::steps(rows), out, stride) != rows) return false;
  for (std::size_t i = 0; i < rows * cols; ++i)
    if (code_at<bits2>(out + i / cols * stride, cols, i % cols) != (i == r * cols + c))
      return false;
  return true;
}
static_assert(arrives<i2_s>(2, 384, 1, 130) && arrives<i2_s>(1, 384, 0, 383));
static_assert(arrives<tq2_0>(2, 256, 1, 200) && arrives<tq1_0>(2, 256, 0, 250));
static_assert(arrives<hf_u8>(5, 300, 3, 299) && arrives<hf_u8>(4, 256, 2, 70));

// TQ1_0: whether both ways accept a byte at a place of a block.
constexpr bool accepts(std::size_t at, std::uint8_t byte) {
  std::uint8_t block[tq1_0::block_bytes] = {}, out[64] = {};
  std::int8_t codes[256] = {};
  block[at] = byte;
  const bool valid = tq1_0::unpack_block(block, codes) == 256;
  return valid == tq1_0::block_to_bits2(block, out) ? valid : throw "the ways differ";
}
static_assert(accepts(1, 0x80) && accepts(40, 255) && accepts(48, 127));
static_assert(!accepts(1, 20) && !accepts(2, 237) && !accepts(40, 1) && !accepts(47, 138));
static_assert(!accepts(48, 0x80) && !accepts(51, 255) && !accepts(50, 99));

// Q8_0: 63.5 is a tie and goes away from zero.
constexpr float tie_of_q8_0() {
  float x[32] = {127.0f, -63.5f};
  std::uint8_t data[34] = {};
  q8_0::encode_row(x, 32, 0, data);
  q8_0::decode_row(data, 32, 0, x);
  return x[1];
}
static_assert(tie_of_q8_0() == -64.0f);

// Q6_K: d = 1, the first scale 2, weight 0 = 2 (0x3F - 32).
constexpr float first_of_q6_k() {
  std::uint8_t data[210] = {};
  float x[256] = {};
  data[0] = 0x0F, data[128] = 0x03, data[192] = 2, data[209] = 0x3C;
  q6_k::decode_row(data, 256, 0, x);
  return x[0];
}
static_assert(first_of_q6_k() == 62.0f);

}  // namespace
