#include <trilith/io/safetensors.hpp>
#include <trilith/io/writing/rows_impl.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

#include "write_model_fixture.hpp"

namespace tl = trilith;
namespace io = trilith::io;
using byte_list = std::vector<unsigned char>;
using Catch::Contains;
using io::encoding;

namespace {

/// All bytes of a tensor, made in parts of `rows` rows.
byte_list in_parts(io::writing::output& to, std::size_t total, std::size_t rows) {
  byte_list out(total, 0xEE);
  const std::size_t step = rows * to.row_bytes();
  for (std::size_t at = 0; at < total; at += step) {
    const std::size_t count = std::min(step, total - at);
    REQUIRE(io::writing::produce(&to, at, {out.data() + at, count}));
  }
  return out;
}

}  // namespace

TEST_CASE("a tensor's bytes do not depend on its parts", "[write_model_parts]") {
  constexpr std::size_t rows = 13, cols = 256;
  byte_list packed(tl::packing::i2_s::bytes(rows, cols));
  std::vector<std::int8_t> codes(rows * cols);
  const float scale = 0.375f;
  for (std::size_t i = 0; i < codes.size(); ++i)
    codes[i] = static_cast<std::int8_t>(static_cast<int>(i * i % 7 + i % 5) % 3 - 1);
  for (std::size_t r = 0; r < rows; ++r)
    tl::packing::i2_s::pack_row(&codes[r * cols], &scale, rows, cols, r, packed.data());
  const io::source_tensor from{.name = "blocks.0.ffn.up",
                               .origin = "toy",
                               .how = encoding::i2_s,
                               .rows = rows,
                               .cols = cols,
                               .memory = {{packed.data(), packed.size()}, nullptr, {}}};
  const auto check = [&]<class L>(L, encoding how, std::size_t total) {
    io::writing::output to{.from = &from, .how = how, .scale = scale};
    const byte_list whole = in_parts(to, total, 1000);
    std::vector<std::int8_t> found(cols);
    for (std::size_t r = 0; r < rows; ++r) {
      REQUIRE(L::unpack_row(whole.data(), rows, cols, r, found.data()) == cols);
      CHECK(std::equal(found.begin(), found.end(), &codes[r * cols]));
      if (L::has_scales) CHECK(L::scale(whole.data(), rows, cols, r, 0) == scale);
    }
    for (std::size_t part = 1; part <= rows; ++part) CHECK(in_parts(to, total, part) == whole);
  };
  check(tl::packing::i2_s{}, encoding::i2_s, tl::packing::i2_s::bytes(rows, cols));
  check(tl::packing::tq1_0{}, encoding::tq1_0, tl::packing::tq1_0::bytes(rows, cols));
  check(tl::packing::tq2_0{}, encoding::tq2_0, tl::packing::tq2_0::bytes(rows, cols));
  check(tl::packing::q2_0{}, encoding::q2_0, tl::packing::q2_0::bytes(rows, cols));
  check(tl::packing::hf_u8{}, encoding::hf_u8, tl::packing::hf_u8::bytes(rows, cols));
}

TEST_CASE("I2_S of 128 columns keeps its scale behind rows as long as it", "[write_model_parts]") {
  constexpr std::size_t rows = 3, cols = 128;
  byte_list packed(tl::packing::i2_s::bytes(rows, cols), 0x55);
  const float scale = 1.5f;
  std::memcpy(packed.data() + rows * 32, &scale, 4);
  std::fill(packed.begin() + rows * 32 + 4, packed.end(), static_cast<unsigned char>(0));
  const io::source_tensor from{.name = "blocks.0.ffn.up",
                               .origin = "toy",
                               .how = encoding::i2_s,
                               .rows = rows,
                               .cols = cols,
                               .memory = {{packed.data(), packed.size()}, nullptr, {}}};
  io::writing::output to{.from = &from, .how = encoding::i2_s, .scale = scale};
  for (std::size_t part = 1; part < 6; ++part) CHECK(in_parts(to, packed.size(), part) == packed);
}

TEST_CASE("safetensors of bytes that are made on demand", "[write_model_parts]") {
  const test::scratch_directory scratch("unit_write_model_parts");
  const std::string path = scratch.file("made.safetensors");
  struct counter {
    std::uint64_t next = 0, calls = 0;
  } counted;
  const auto make = [](void* context, std::uint64_t at, std::span<unsigned char> out) {
    auto& c = *static_cast<counter*>(context);
    CHECK(at == c.next);
    CHECK(at % 7 == 0);
    CHECK(out.size() <= std::size_t{1} << 24);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<unsigned char>((at + i) % 251);
    c.next += out.size();
    ++c.calls;
    return tl::status(tl::done{});
  };
  io::tensor_to_write t{.name = "t", .shape = {40'000'001}};
  t.produce = make;
  t.context = &counted;
  t.part_multiple = 7;
  const unsigned char one[] = {9};
  REQUIRE(io::write_safetensors(
      path, std::vector<io::tensor_to_write>{t, {"u", io::dtype::u8, {1}, {one, 1}}}));
  CHECK(counted.calls == 3);
  const auto file = io::open_safetensors(path).value();
  const auto found = file.bytes(*file.find("t"));
  REQUIRE(found.size() == 40'000'001);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < found.size(); ++i) wrong += found[i] != i % 251;
  CHECK(wrong == 0);
  CHECK(file.bytes(*file.find("u"))[0] == 9);

  t.produce = [](void*, std::uint64_t, std::span<unsigned char>) {
    return tl::status(tl::error{tl::errc::invalid_value, "no."});
  };
  const std::string failing = scratch.file("failing.safetensors");
  const auto refused = io::write_safetensors(failing, std::vector<io::tensor_to_write>{t});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "no.");
  CHECK_FALSE(std::filesystem::exists(failing));
  for (const bool has_bytes : {true, false}) {
    io::tensor_to_write bad = t;
    if (has_bytes) bad.bytes = {one, 1};
    if (!has_bytes) bad.part_multiple = 0;
    const auto why = io::write_safetensors(failing, std::vector<io::tensor_to_write>{bad});
    REQUIRE_FALSE(why);
    CHECK(why.error().code == tl::errc::invalid_argument);
    CHECK_THAT(why.error().message, Contains("beside a producer"));
  }
}
