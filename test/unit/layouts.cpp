// Whole weight tensors in the layouts of other programs: round trips, what other programs wrote,
// and what is refused.
#include "layouts_fixture.hpp"

#include <cstring>
#include <set>

#include "catch.hpp"

namespace packing = trilith::packing;
using packing::hf_u8, packing::i2_s, packing::q1_0, packing::q2_0, packing::q2_0_g128,
    packing::tq1_0, packing::tq2_0;

namespace {

template <class L>
std::vector<std::size_t> widths() {
  const std::size_t unit = L::fits(1, 1) ? 1 : L::fits(1, 64) ? 64 : L::fits(1, 128) ? 128 : 256;
  return {unit, 2 * unit, 3 * unit, 5 * unit, 8 * unit};
}

/// The bytes of codes of a matrix, without scales, by the definition of the layout alone: where
/// (byte, lowest bit) code (r, c) lies.
struct spot {
  std::size_t byte;
  unsigned shift;
};
spot spot_of(i2_s, std::size_t, std::size_t cols, std::size_t r, std::size_t c) {
  const std::size_t i = r * cols + c, e = i % 128;
  return {i / 128 * 32 + e % 32, static_cast<unsigned>(6 - 2 * (e / 32))};
}
spot spot_of(tq2_0, std::size_t, std::size_t cols, std::size_t r, std::size_t c) {
  const std::size_t i = r * cols + c, e = i % 128;
  return {i / 256 * 66 + i % 256 / 128 * 32 + e % 32, static_cast<unsigned>(2 * (e / 32))};
}
spot spot_of(q2_0, std::size_t, std::size_t cols, std::size_t r, std::size_t c) {
  const std::size_t i = r * cols + c;
  return {i / 64 * 18 + 2 + i % 64 / 4, static_cast<unsigned>(2 * (i % 4))};
}
spot spot_of(q2_0_g128, std::size_t, std::size_t cols, std::size_t r, std::size_t c) {
  const std::size_t i = r * cols + c;
  return {i / 128 * 34 + 2 + i % 128 / 4, static_cast<unsigned>(2 * (i % 4))};
}
spot spot_of(hf_u8, std::size_t rows, std::size_t cols, std::size_t r, std::size_t c) {
  const std::size_t height = (rows + 3) / 4;
  return {r % height * cols + c, static_cast<unsigned>(2 * (r / height))};
}

}  // namespace

TEMPLATE_TEST_CASE("a matrix of another program's layout comes back", "", i2_s, tq1_0, tq2_0, q1_0,
                   q2_0, q2_0_g128, hf_u8) {
  using L = TestType;
  static_assert(packing::Layout<L>);
  for (const std::size_t cols : widths<L>())
    for (std::size_t rows = 1; rows <= 9; ++rows) {
      INFO(L::name << " [" << rows << ", " << cols << "]");
      const test::matrix<L> m(rows, cols);
      REQUIRE(L::fits(rows, cols));
      test::codes row(cols + 1, 99);
      for (std::size_t r = 0; r < rows; ++r) {
        REQUIRE(L::unpack_row(m.data.data(), rows, cols, r, row.data()) == cols);
        REQUIRE(std::memcmp(row.data(), m.codes.data() + r * cols, cols) == 0);
        REQUIRE(row[cols] == 99);
        for (std::size_t g = 0; L::has_scales && g < m.groups(); ++g)
          REQUIRE(L::scale(m.data.data(), rows, cols, r, g) == m.scales[r * m.groups() + g]);
      }
    }
}

TEMPLATE_TEST_CASE("codes lie where the layout says, and a field of 3 is refused with its column",
                   "", i2_s, tq2_0, q2_0, q2_0_g128, hf_u8) {
  using L = TestType;
  const std::size_t cols = widths<L>()[2];
  for (std::size_t rows = 1; rows <= 5; ++rows) {
    test::matrix<L> m(rows, cols);
    test::codes row(cols);
    bool placed = true, refused = true;
    for (std::size_t i = 0; i < m.codes.size(); ++i) {
      const spot at = spot_of(L{}, rows, cols, i / cols, i % cols);
      placed = placed && (m.data[at.byte] >> at.shift & 3) == m.codes[i] + 1;
      const std::uint8_t before = m.data[at.byte];
      m.data[at.byte] |= static_cast<std::uint8_t>(3u << at.shift);
      for (std::size_t r = 0; r < rows; ++r)
        refused = refused && L::unpack_row(m.data.data(), rows, cols, r, row.data()) ==
                                 (r == i / cols ? i % cols : cols);
      L::unpack_row(m.data.data(), rows, cols, i / cols, row.data());
      refused = refused && row[i % cols] == 2;
      m.data[at.byte] = before;
    }
    CHECK(placed);
    CHECK(refused);
  }
}

TEST_CASE("the first of several invalid codes is the one that is told") {
  test::matrix<tq2_0> m(2, 512);
  for (const std::size_t c : {300u, 130u, 131u, 511u}) {
    const spot at = spot_of(tq2_0{}, 2, 512, 1, c);
    m.data[at.byte] |= static_cast<std::uint8_t>(3u << at.shift);
  }
  test::codes row(512);
  CHECK(tq2_0::unpack_row(m.data.data(), 2, 512, 1, row.data()) == 130);
  CHECK(tq2_0::unpack_row(m.data.data(), 2, 512, 0, row.data()) == 512);
}

TEST_CASE("shapes that a layout cannot hold, and the bytes of those it can") {
  CHECK(i2_s::fits(3, 6912));
  CHECK_FALSE(i2_s::fits(3, 5460));
  CHECK_FALSE(i2_s::fits(128, 64));
  CHECK_FALSE(tq1_0::fits(1, 8640));
  CHECK_FALSE(tq2_0::fits(2, 128));
  CHECK_FALSE(q1_0::fits(2, 64));
  CHECK(q2_0::fits(2, 64));
  CHECK_FALSE(q2_0::fits(2, 96));
  CHECK_FALSE(q2_0_g128::fits(2, 64));
  CHECK(hf_u8::fits(5, 7));
  CHECK(i2_s::bytes(2560, 6912) == 2560 * 6912 / 4 + 32);
  // the linear layers of bitnet-b1.58-2B-4T: 30 times q, k, v, o, gate, up, down
  CHECK(30 * (2 * i2_s::bytes(2560, 2560) + 2 * i2_s::bytes(640, 2560) +
              2 * i2_s::bytes(6912, 2560) + i2_s::bytes(2560, 6912)) ==
        521017920);
  CHECK(tq1_0::bytes(2, 512) == 4 * 54);
  CHECK(tq2_0::bytes(2, 512) == 4 * 66);
  CHECK(q1_0::bytes(3, 256) == 6 * 18);
  CHECK(q2_0::bytes(3, 128) == 6 * 18);
  CHECK(q2_0_g128::bytes(3, 128) == 3 * 34);
  CHECK(hf_u8::bytes(5, 7) == 14);
  CHECK(hf_u8::bytes(8, 7) == 14);
}

TEST_CASE("i2_s keeps its scale behind the codes and the rest of the tail zero") {
  const test::matrix<i2_s> m(3, 256);
  float scale = 0;
  std::memcpy(&scale, m.data.data() + 3 * 64, 4);
  CHECK(scale == 0.75f);
  for (std::size_t i = 3 * 64 + 4; i < m.data.size(); ++i) CHECK(m.data[i] == 0);
}

TEST_CASE("243 bytes of tq1_0 hold five digits, 81 hold four, and no other is accepted") {
  for (const std::size_t at : {0u, 31u, 32u, 47u, 48u, 51u}) {
    std::set<int> accepted;
    const std::size_t column = at < 32 ? at : at < 48 ? 160 + (at - 32) : 240 + (at - 48);
    for (int byte = 0; byte < 256; ++byte) {
      std::uint8_t block[54] = {};
      block[at] = static_cast<std::uint8_t>(byte);
      std::int8_t codes[256];
      const std::size_t valid = tq1_0::unpack_block(block, codes);
      std::uint8_t back[54] = {};
      tq1_0::pack_block(codes, back);
      const bool same = std::memcmp(block, back, 52) == 0;
      INFO("byte " << byte << " at " << at);
      REQUIRE(valid == (same ? 256 : column));
      if (same) accepted.insert(byte);
    }
    CHECK(accepted.size() == (at < 48 ? 243u : 81u));
    for (const int never : {1, 20, 40, 60, 79, 99, 119, 138, 158, 178, 197, 217, 237})
      CHECK(accepted.count(never) == 0);
  }
}

TEST_CASE("every bit of q1_0 is a code") {
  const test::matrix<q1_0> m(2, 256);
  for (std::size_t i = 0; i < 512; ++i) {
    const std::uint8_t byte = m.data[i / 128 * 18 + 2 + i % 128 / 8];
    REQUIRE((byte >> i % 8 & 1) == (m.codes[i] > 0));
  }
}

TEMPLATE_TEST_CASE("gguf's ternary tensors, both ways", "", tq1_0, tq2_0) {
  using L = TestType;
  const test::bytes file = test::layout_fixture(std::string(L::name) + ".bin");
  REQUIRE(file.size() == L::bytes(3, 768));
  test::bytes ours(file.size());
  for (std::size_t r = 0; r < 3; ++r) {
    test::codes expected(768), row(768);
    for (std::size_t c = 0; c < 768; ++c) expected[c] = test::code(r * 768 + c);
    REQUIRE(L::unpack_row(file.data(), 3, 768, r, row.data()) == 768);
    CHECK(row == expected);
    float scales[3];
    for (std::size_t g = 0; g < 3; ++g) {
      scales[g] = test::scale(3 * r + g);
      CHECK(L::scale(file.data(), 3, 768, r, g) == scales[g]);
    }
    L::pack_row(expected.data(), scales, 3, 768, r, ours.data());
  }
  CHECK(ours == file);
}

TEST_CASE("transformers' packed weights, both ways, rows not a multiple of 4 included") {
  const test::bytes file = test::layout_fixture("hf_u8.bin");
  REQUIRE(file.size() == 15 * 7);
  const std::uint8_t* at = file.data();
  for (std::size_t rows = 1; rows <= 9; ++rows) {
    test::bytes ours(hf_u8::bytes(rows, 7));
    for (std::size_t r = 0; r < rows; ++r) {
      test::codes expected(7), row(7);
      for (std::size_t c = 0; c < 7; ++c) expected[c] = test::code(r * 7 + c);
      REQUIRE(hf_u8::unpack_row(at, rows, 7, r, row.data()) == 7);
      CHECK(row == expected);
      hf_u8::pack_row(expected.data(), nullptr, rows, 7, r, ours.data());
    }
    INFO(rows << " rows");
    CHECK(std::memcmp(ours.data(), at, ours.size()) == 0);
    at += ours.size();
  }
}

TEST_CASE("a scale is handed on as it is stored, NaN included") {
  test::matrix<tq2_0> m(1, 256);
  m.data[64] = 0x00, m.data[65] = 0x7E;
  const float scale = tq2_0::scale(m.data.data(), 1, 256, 0, 0);
  CHECK(scale != scale);
}
