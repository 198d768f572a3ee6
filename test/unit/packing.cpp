#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

#include <cstring>
#include <set>
#include <vector>

#include <trilith/core/random.hpp>

#include "catch.hpp"

namespace tl = trilith;
namespace packing = trilith::packing;

namespace {

/// How many different codes P holds.
template <class P>
constexpr int levels = (P::max_code - P::offset) / P::step + 1;

template <class P>
std::vector<std::int8_t> random_codes(std::size_t n) {
  std::vector<std::int8_t> codes(n);
  for (std::size_t i = 0; i < n; ++i)
    codes[i] = static_cast<std::int8_t>(
        P::offset + P::step * static_cast<int>(tl::philox(1, n, i)[0] % unsigned{levels<P>}));
  return codes;
}

template <class P>
std::vector<std::uint8_t> packed(const std::vector<std::int8_t>& codes) {
  std::vector<std::uint8_t> bytes(P::row_bytes(codes.size()) + 8, 0xEE);
  packing::pack_row<P>(codes.data(), codes.size(), bytes.data());
  return bytes;
}

/// Bytes of the codes alone, without regard to layout.
std::size_t least_bytes(std::size_t n, std::size_t fields) {
  return (n + fields - 1) / fields;
}

template <class P>
std::vector<std::size_t> lengths() {
  std::vector<std::size_t> all;
  for (std::size_t n = 1; n <= 2 * P::block + 3; ++n) all.push_back(n);
  for (const std::size_t n : {172u, 5460u, 6912u, 8640u}) all.push_back(n);
  return all;
}

/// The raw values of all fields of a row that hold no code.
template <class P>
bool padding_is_zero(const std::vector<std::uint8_t>& bytes, std::size_t n) {
  std::vector<std::vector<bool>> used(P::row_bytes(n), std::vector<bool>(P::fields));
  for (std::size_t i = 0; i < n; ++i) {
    const packing::place at = P::locate(n, i);
    if (used.at(at.byte).at(at.field)) return false;  // two codes in one place
    used[at.byte][at.field] = true;
  }
  for (std::size_t b = 0; b < used.size(); ++b)
    for (std::size_t f = 0; f < P::fields; ++f)
      if (!used[b][f] && P::raw(bytes[b], f) != 0) return false;
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("rows of every length come back", "", packing::bits1, packing::bits2,
                   packing::base3, packing::bits4, packing::bits8) {
  using P = TestType;
  for (const std::size_t n : lengths<P>()) {
    const auto codes = random_codes<P>(n);
    const auto bytes = packed<P>(codes);
    INFO(P::name << ", " << n << " codes");
    // no byte more than the codes need: full blocks are 64 bytes, the rest is rounded up
    REQUIRE(P::row_bytes(n) == least_bytes(n, P::fields));
    REQUIRE(bytes[P::row_bytes(n)] == 0xEE);  // nothing is written past the end
    std::vector<std::int8_t> back(n + 1, 99);
    packing::unpack_row<P>(bytes.data(), n, back.data());
    REQUIRE(std::memcmp(codes.data(), back.data(), n) == 0);
    REQUIRE(back[n] == 99);
    bool same = true;
    for (std::size_t i = 0; i < n; ++i)
      same = same && packing::code_at<P>(bytes.data(), n, i) == codes[i];
    REQUIRE(same);
    REQUIRE(padding_is_zero<P>(bytes, n));
    REQUIRE(packing::first_invalid_byte<P>(bytes.data(), P::row_bytes(n)) == P::row_bytes(n));
  }
}

TEMPLATE_TEST_CASE("the row lengths of published models", "", packing::bits2, packing::base3) {
  using P = TestType;
  for (const std::size_t n : {172u, 5460u, 8640u})
    CHECK(P::row_bytes(n) == (n + P::fields - 1) / P::fields);
  CHECK(P::row_bytes(0) == 0);
}

TEST_CASE("bytes a row takes") {
  CHECK(packing::bits1::row_bytes(172) == 22);
  CHECK(packing::bits2::row_bytes(172) == 43);
  CHECK(packing::base3::row_bytes(172) == 35);
  CHECK(packing::base3::row_bytes(5460) == 1092);
  CHECK(packing::base3::row_bytes(8640) == 1728);
  CHECK(packing::bits4::row_bytes(9) == 5);
  CHECK(packing::bits8::row_bytes(9) == 9);
  CHECK(packing::base3::bits_per_code == 1.6);
}

TEST_CASE("golden bytes") {
  const std::int8_t codes[5] = {1, 0, 0, 0, 0};
  std::uint8_t byte = 0;
  packing::pack_row<packing::base3>(codes, 5, &byte);  // digits 2, 1, 1, 1, 1
  CHECK(byte == 0x65);
  const std::int8_t low_eight[5] = {1, 1, 0, 0, 0};  // digits 2, 2: the first escape
  packing::pack_row<packing::base3>(low_eight, 5, &byte);
  CHECK(byte == 0xDC);
  const std::int8_t high_eight[5] = {0, 0, 1, 1, 1};
  packing::pack_row<packing::base3>(high_eight, 5, &byte);
  CHECK(byte == 0xE4);
  const std::int8_t both[5] = {1, 1, 1, 1, 0};
  packing::pack_row<packing::base3>(both, 5, &byte);
  CHECK(byte == 0xF2);
  packing::pack_row<packing::bits2>(codes, 4, &byte);  // 01 01 01 10
  CHECK(byte == 0x56);
  const std::int8_t last[4] = {0, 0, 0, 1};
  packing::pack_row<packing::bits2>(last, 4, &byte);
  CHECK(byte == 0x95);
  const std::int8_t signs[8] = {1, -1, -1, -1, 1, -1, -1, 1};
  packing::pack_row<packing::bits1>(signs, 8, &byte);
  CHECK(byte == 0x91);
  const std::int8_t nibbles[2] = {-8, 7};
  packing::pack_row<packing::bits4>(nibbles, 2, &byte);
  CHECK(byte == 0xF0);
  const std::int8_t least = -128;
  packing::pack_row<packing::bits8>(&least, 1, &byte);
  CHECK(byte == 0x80);
}

TEST_CASE("constant rows") {
  const auto bytes_of = [](std::int8_t code, auto p) {
    const std::vector<std::int8_t> codes(320, code);
    const auto bytes = packed<decltype(p)>(codes);
    return std::set<int>(bytes.begin(), bytes.begin() + p.row_bytes(320));
  };
  CHECK(bytes_of(0, packing::bits2{}) == std::set<int>{0x55});
  CHECK(bytes_of(1, packing::bits2{}) == std::set<int>{0xAA});
  CHECK(bytes_of(-1, packing::bits2{}) == std::set<int>{0x00});
  CHECK(bytes_of(-1, packing::base3{}) == std::set<int>{0x00});
  CHECK(bytes_of(0, packing::base3{}) == std::set<int>{0x64});
  CHECK(bytes_of(1, packing::base3{}) == std::set<int>{0xF6});
}

TEST_CASE("a block is planes of 64 bytes") {
  // field f of byte p holds code 64 f + p; the rest of the row makes a narrower block
  std::vector<std::int8_t> codes(256 + 10, -1);
  codes[64 * 2 + 5] = 1;
  codes[256 + 3] = 1;  // the rest: 10 codes in planes of 3 bytes, field 1 of byte 0
  const auto bytes = packed<packing::bits2>(codes);
  for (std::size_t b = 0; b < packing::bits2::row_bytes(266); ++b)
    CHECK(bytes[b] == (b == 5 ? 0x20 : b == 64 ? 0x08 : 0x00));
}

TEST_CASE("bytes that no packing produces") {
  std::set<int> base3, bits2;
  for (int b = 0; b < 256; ++b) {
    const auto byte = static_cast<std::uint8_t>(b);
    if (!packing::base3::valid(byte)) base3.insert(b);
    bool has_three = false;
    for (std::size_t f = 0; f < 4; ++f) has_three |= packing::bits2::raw(byte, f) == 3;
    CHECK(packing::bits2::valid(byte) == !has_three);
    CHECK((packing::bits1::valid(byte) && packing::bits4::valid(byte) &&
           packing::bits8::valid(byte)));
  }
  CHECK(base3 == std::set<int>{241, 243, 244, 245, 247, 248, 249, 250, 251, 252, 253, 254, 255});
  const std::uint8_t row[4] = {0x80, 0xF2, 0xF1, 0xFF};
  CHECK(packing::first_invalid_byte<packing::base3>(row, 4) == 2);
  const std::uint8_t fields[3] = {0xAA, 0x95, 0x59 | 0x03};
  CHECK(packing::first_invalid_byte<packing::bits2>(fields, 3) == 2);
}

TEST_CASE("every combination of five trits has a byte of its own") {
  std::set<int> seen;
  for (unsigned q = 0; q < 243; ++q) {
    const std::array<std::uint8_t, 5> digits{
        static_cast<std::uint8_t>(q / 81), static_cast<std::uint8_t>(q / 27 % 3),
        static_cast<std::uint8_t>(q / 9 % 3), static_cast<std::uint8_t>(q / 3 % 3),
        static_cast<std::uint8_t>(q % 3)};
    const std::uint8_t byte = packing::base3::join(digits);
    for (std::size_t f = 0; f < 5; ++f) CHECK(packing::base3::raw(byte, f) == digits[f]);
    CHECK(packing::base3::valid(byte));
    seen.insert(byte);
  }
  CHECK(seen.size() == 243);
}
