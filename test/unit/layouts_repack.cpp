// The direct way from a foreign layout to bits2 gives what the way over the codes gives.
#include "layouts_fixture.hpp"

#include <cstring>

#include <trilith/packing/base3.hpp>

#include "catch.hpp"

namespace packing = trilith::packing;
using packing::bits2, packing::hf_u8, packing::i2_s, packing::tq1_0, packing::tq2_0;

namespace {

template <class L>
test::bytes bits2_directly(const test::matrix<L>& m, std::size_t stride, std::size_t cut) {
  test::bytes out(m.rows * stride, 0xEE);
  const std::size_t steps = L::steps(m.rows);
  for (std::size_t first = 0; first < steps; first += cut) {
    const std::size_t last = std::min(first + cut, steps);
    const std::size_t row =
        L::to_bits2(m.data.data(), m.rows, m.cols, first, last, out.data(), stride);
    REQUIRE(row == m.rows);
  }
  return out;
}

template <class L>
void same_both_ways(std::size_t rows, std::size_t cols) {
  INFO(L::name << " [" << rows << ", " << cols << "]");
  const test::matrix<L> m(rows, cols);
  const std::size_t stride = bits2::row_bytes(cols) + cols % 3;
  const test::bytes expected = test::bits2_by_codes(m, stride);
  REQUIRE(bits2_directly(m, stride, rows) == expected);
  REQUIRE(bits2_directly(m, stride, 2) == expected);
}

/// Puts 3, or a byte no packing produces, in the place of code (r, c).
void damage(test::matrix<i2_s>& m, std::size_t r, std::size_t c) {
  m.data[r * m.cols / 4 + c / 128 * 32 + c % 32] |=
      static_cast<std::uint8_t>(3 << (6 - 2 * (c % 128 / 32)));
}
void damage(test::matrix<tq2_0>& m, std::size_t r, std::size_t c) {
  m.data[tq2_0::block_at(m.cols, r, c / 256) + c % 256 / 128 * 32 + c % 32] |=
      static_cast<std::uint8_t>(3 << (2 * (c % 128 / 32)));
}
void damage(test::matrix<hf_u8>& m, std::size_t r, std::size_t c) {
  const std::size_t height = hf_u8::steps(m.rows);
  m.data[r % height * m.cols + c] |= static_cast<std::uint8_t>(3 << (2 * (r / height)));
}
void damage(test::matrix<tq1_0>& m, std::size_t r, std::size_t c) {
  constexpr std::uint8_t never[] = {1, 20, 40, 60, 79, 99, 119, 138, 158, 178, 197, 217, 237};
  const std::size_t i = c % 256;
  const std::size_t byte = i < 160 ? i % 32 : i < 240 ? 32 + i % 16 : 48 + i % 4;
  m.data[tq1_0::block_at(m.cols, r, c / 256) + byte] = never[c % 13];
}

}  // namespace

TEMPLATE_TEST_CASE("layouts of blocks turn into bits2 directly", "", i2_s, tq1_0, tq2_0) {
  using L = TestType;
  static_assert(packing::Bits2Layout<L>);
  const std::size_t unit = L::fits(1, 128) ? 128 : 256;
  for (std::size_t cols = unit; cols <= 10 * unit; cols += unit)
    for (std::size_t rows = 1; rows <= 5; ++rows) same_both_ways<L>(rows, cols);
  same_both_ways<L>(67, 6912);
}

TEST_CASE("packed uint8 turns into bits2 directly, whatever the shape") {
  static_assert(packing::Bits2Layout<hf_u8>);
  for (std::size_t cols = 1; cols <= 530; ++cols)
    for (std::size_t rows = 1; rows <= 9; ++rows) same_both_ways<hf_u8>(rows, cols);
  same_both_ways<hf_u8>(131, 5460);
  same_both_ways<hf_u8>(640, 2560);
}

TEMPLATE_TEST_CASE("the direct way refuses every invalid code and names its row", "", i2_s, tq1_0,
                   tq2_0, hf_u8) {
  using L = TestType;
  const std::size_t cols = std::is_same_v<L, hf_u8> ? 300 : std::is_same_v<L, i2_s> ? 384 : 512;
  for (std::size_t rows = 1; rows <= 6; ++rows) {
    const test::matrix<L> good(rows, cols);
    test::bytes out(rows * bits2::row_bytes(cols));
    bool refused = true;
    for (std::size_t i = 0; i < rows * cols; ++i) {
      test::matrix<L> bad = good;
      damage(bad, i / cols, i % cols);
      refused = refused && i / cols == L::to_bits2(bad.data.data(), rows, cols, 0, L::steps(rows),
                                                   out.data(), bits2::row_bytes(cols));
    }
    INFO(rows << " rows");
    CHECK(refused);
  }
}

TEST_CASE("fields of rows that do not exist are not looked at") {
  test::matrix<hf_u8> m(5, 300);  // R = 2: bytes 300 ... 599 hold rows 1 and 3, row 5 is none
  const test::bytes expected = bits2_directly(m, 75, 2);
  for (std::size_t i = 0; i < m.data.size(); ++i) m.data[i] |= i < 300 ? 0xC0 : 0xF0;
  CHECK(bits2_directly(m, 75, 2) == expected);
}

TEST_CASE("of a row of bytes the first row with an invalid code is named") {
  test::matrix<hf_u8> m(8, 40);  // R = 2
  damage(m, 7, 3), damage(m, 5, 9);
  test::bytes out(8 * 10);
  CHECK(hf_u8::to_bits2(m.data.data(), 8, 40, 0, 2, out.data(), 10) == 5);
  CHECK(hf_u8::to_bits2(m.data.data(), 8, 40, 0, 1, out.data(), 10) == 8);
}

TEST_CASE("any layout goes into any packing that holds its codes, in runs for grouped scales") {
  const test::matrix<packing::q1_0> m(2, 384);
  test::codes room(384), back(384);
  test::bytes out(3 * packing::bits1::row_bytes(128));
  for (std::size_t r = 0; r < 2; ++r) {
    REQUIRE(packing::repack_row<packing::q1_0, packing::bits1>(m.data.data(), 2, 384, r, 128,
                                                               room.data(), out.data()) == 384);
    for (std::size_t g = 0; g < 3; ++g)
      packing::unpack_row<packing::bits1>(out.data() + g * 16, 128, back.data() + g * 128);
    CHECK(std::memcmp(back.data(), m.codes.data() + r * 384, 384) == 0);
  }
  const test::matrix<hf_u8> u(3, 50);
  test::bytes digits(packing::base3::row_bytes(50));
  packing::repack_row<hf_u8, packing::base3>(u.data.data(), 3, 50, 2, 0, room.data(),
                                             digits.data());
  packing::unpack_row<packing::base3>(digits.data(), 50, back.data());
  CHECK(std::memcmp(back.data(), u.codes.data() + 100, 50) == 0);
}

TEST_CASE("nothing is packed from a row with an invalid code") {
  test::matrix<packing::q2_0> m(1, 64);
  m.data[2 + 5] |= 0xC0;  // code 23 is +2: Q2_0 has it, ternary weights do not
  test::codes room(64);
  test::bytes out(16, 0xEE);
  CHECK(packing::repack_row<packing::q2_0, bits2>(m.data.data(), 1, 64, 0, 0, room.data(),
                                                  out.data()) == 23);
  CHECK(room[23] == 2);
  CHECK(out == test::bytes(16, 0xEE));
}

TEST_CASE("the table of a layout has its functions") {
  const packing::layout_table table = packing::layout_table_of<i2_s>();
  const test::matrix<i2_s> m(4, 384);
  CHECK(table.name == "i2_s");
  CHECK(table.group == 0);
  CHECK(table.scales_of_row(384) == 1);
  CHECK(table.fits(4, 384));
  CHECK(table.bytes(4, 384) == 416);
  CHECK(table.scale(m.data.data(), 4, 384, 3, 0) == 0.75f);
  test::bytes out(4 * 96), again(416);
  CHECK(table.to_bits2(m.data.data(), 4, 384, 0, table.steps(4), out.data(), 96) == 4);
  CHECK(out == test::bits2_by_codes(m, 96));
  test::codes row(384);
  for (std::size_t r = 0; r < 4; ++r) {
    CHECK(table.unpack_row(m.data.data(), 4, 384, r, row.data()) == 384);
    table.pack_row(row.data(), m.scales.data(), 4, 384, r, again.data());
  }
  CHECK(again == m.data);
  CHECK(packing::layout_table_of<packing::q1_0>().to_bits2 == nullptr);
  CHECK(packing::layout_table_of<packing::q1_0>().scales_of_row(384) == 3);
  CHECK_FALSE(packing::layout_table_of<hf_u8>().has_scales);
}
