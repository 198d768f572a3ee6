// The float blocks of ggml, against the bytes and floats of the gguf package.
#include "layouts_fixture.hpp"

#include <trilith/packing/q6_k.hpp>
#include <trilith/packing/q8_0.hpp>

#include <cmath>
#include <cstring>
#include <limits>

#include "catch.hpp"

namespace packing = trilith::packing;
using packing::q6_k, packing::q8_0;

namespace {

std::vector<float> floats_of(const std::string& name) {
  const test::bytes raw = test::layout_fixture(name);
  std::vector<float> floats(raw.size() / 4);
  if (!raw.empty()) std::memcpy(floats.data(), raw.data(), raw.size());
  return floats;
}

template <class L>
std::vector<float> decoded(const test::bytes& data, std::size_t rows, std::size_t cols) {
  std::vector<float> out(rows * cols);
  for (std::size_t r = 0; r < rows; ++r) L::decode_row(data.data(), cols, r, &out[r * cols]);
  return out;
}

test::bytes encoded(const std::vector<float>& x) {
  test::bytes data(q8_0::bytes(1, x.size()));
  q8_0::encode_row(x.data(), x.size(), 0, data.data());
  return data;
}

}  // namespace

TEST_CASE("q8_0 is written and read as gguf does") {
  const test::bytes file = test::layout_fixture("q8_0.bin");
  REQUIRE(file.size() == q8_0::bytes(3, 96));
  std::vector<float> x(96);
  test::bytes ours(file.size());
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 96; ++c) x[c] = test::sample(r * 96 + c);
    q8_0::encode_row(x.data(), 96, r, ours.data());
  }
  CHECK(ours == file);
  CHECK(decoded<q8_0>(file, 3, 96) == floats_of("q8_0_floats.bin"));
}

TEST_CASE("q8_0 gives its codes and scales for integer arithmetic") {
  const test::bytes file = test::layout_fixture("q8_0.bin");
  const std::vector<float> floats = floats_of("q8_0_floats.bin");
  REQUIRE(floats.size() == 3 * 96);
  test::codes codes(96);
  for (std::size_t r = 0; r < 3; ++r) {
    q8_0::unpack_row(file.data(), 96, r, codes.data());
    for (std::size_t c = 0; c < 96; ++c)
      CHECK(q8_0::scale(file.data(), 96, r, c / 32) * static_cast<float>(codes[c]) ==
            floats[r * 96 + c]);
  }
}

TEST_CASE("q6_k is read as gguf does") {
  const test::bytes file = test::layout_fixture("q6_k.bin");
  REQUIRE(file.size() == q6_k::bytes(2, 512));
  CHECK(decoded<q6_k>(file, 2, 512) == floats_of("q6_k_floats.bin"));
}

TEST_CASE("ties of q8_0 go away from zero") {
  std::vector<float> x(32);
  x[0] = 127.0f, x[1] = 0.5f, x[2] = -0.5f, x[3] = 1.5f, x[4] = -2.5f, x[5] = 0.49999997f;
  test::codes codes(32);
  q8_0::unpack_row(encoded(x).data(), 32, 0, codes.data());
  CHECK(test::codes(codes.begin(), codes.begin() + 6) == test::codes{127, 1, -1, 2, -3, 0});
}

TEST_CASE("q8_0 of zeros, of the tiny, of what is not finite") {
  CHECK(encoded(std::vector<float>(32)) == test::bytes(34));
  std::vector<float> tiny(32, 1e-42f);
  CHECK(encoded(tiny) == test::bytes(34));
  tiny.assign(32, 1e-7f);  // the scale is 0 in binary16, the codes are not: as ggml has it
  CHECK(encoded(tiny)[0] == 0);
  CHECK(encoded(tiny)[33] == 127);
  for (const float bad :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> x(32, 1.0f);
    x[7] = bad;
    CHECK_FALSE(std::isfinite(q8_0::scale(encoded(x).data(), 32, 0, 0)));
  }
}

TEST_CASE("the shapes of float blocks, and their tables") {
  CHECK(q8_0::fits(5, 96));
  CHECK_FALSE(q8_0::fits(32, 16));
  CHECK(q6_k::fits(1, 2560));
  CHECK_FALSE(q6_k::fits(2, 128));
  CHECK(q8_0::bytes(5, 96) == 15 * 34);
  CHECK(q6_k::bytes(128256, 2560) == std::size_t{128256} * 10 * 210);
  const packing::float_layout_table table = packing::float_layout_table_of<q6_k>();
  CHECK(table.name == "q6_k");
  CHECK(table.group == 256);
  CHECK(table.bytes(2, 512) == 840);
  const test::bytes file = test::layout_fixture("q6_k.bin");
  std::vector<float> row(512);
  table.decode_row(file.data(), 512, 1, row.data());
  CHECK(row[511] == floats_of("q6_k_floats.bin")[1023]);
}
