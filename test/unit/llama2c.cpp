#include <trilith/io/bitllama2c.hpp>
#include <trilith/io/llama2c.hpp>

#include <cmath>
#include <cstring>
#include <limits>

#include "../../examples/stories.hpp"
#include "catch.hpp"

namespace tl = trilith;

namespace {

using bytes = std::vector<unsigned char>;
using llama = tl::dense<tl::presets::llama_f32<tl::rotary::interleaved>>;
using ternary = tl::packed<stories::blueprint>;

template <class T>
void put(bytes& to, T value) {
  unsigned char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  for (const unsigned char byte : raw) to.push_back(byte);
}

/// dim 4, ffn_dim 8, 1 layer, 2 heads, 1 kv head, vocab 3, context 2
constexpr std::int32_t sizes[7] = {4, 8, 1, 2, 1, 3, 2};
constexpr std::size_t llama_floats = 3 * 4 + 4 + 16 + 8 + 8 + 16 + 4 + 32 * 3 + 4 + 2 * 2;

bytes float_file() {
  bytes file;
  for (const std::int32_t size : sizes) put(file, size);
  for (std::size_t i = 0; i < llama_floats; ++i)
    put(file, 0.25f * static_cast<float>(i % 7) - 0.5f);
  return file;
}

bytes ternary_file() {
  bytes file;
  put(file, std::uint32_t{0x616b3432});
  put(file, std::int32_t{1});
  for (const std::int32_t size : sizes) put(file, size);
  put(file, std::uint8_t{1});
  file.resize(256);
  for (int i = 0; i < 4 + 12; ++i) put(file, 1.0f);
  for (const std::size_t weights : {16u, 8u, 8u, 16u, 32u, 32u, 32u}) {
    put(file, 0.5f);
    for (std::size_t i = 0; i < weights / 4; ++i) put(file, std::uint8_t{0b01'00'11'01});
  }
  return file;
}

std::string write(const bytes& content) {
  const std::string path = "llama2c_test.bin";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  for (const unsigned char byte : content) std::fputc(byte, file);
  REQUIRE(std::fclose(file) == 0);
  return path;
}

tl::result<llama> load_floats(const bytes& content) {
  return tl::io::load_llama2c<llama>(write(content));
}
tl::result<ternary> load_ternary(const bytes& content) {
  return tl::io::load_bitllama2c<ternary>(write(content));
}

bytes with_i32(bytes file, std::size_t index, std::int32_t value) {
  std::memcpy(file.data() + 4 * index, &value, 4);
  return file;
}
bytes with_f32(bytes file, std::size_t offset, float value) {
  std::memcpy(file.data() + offset, &value, 4);
  return file;
}

}  // namespace

TEST_CASE("llama2c: a small file is read tensor by tensor", "[llama2c]") {
  const auto m = load_floats(float_file());
  REQUIRE(m);
  CHECK(m->sizes == tl::shape{.dim = 4,
                              .ffn_dim = 8,
                              .layers = 1,
                              .heads = 2,
                              .kv_heads = 1,
                              .head_dim = 2,
                              .vocab = 3,
                              .context = 2});
  const auto value = [](std::size_t i) { return 0.25f * static_cast<float>(i % 7) - 0.5f; };
  const auto& block = m->parameters.blocks[0];
  CHECK(m->parameters.embedding.elements[11] == value(11));
  CHECK(block.attention_norm.values[0] == value(12));
  CHECK(block.attention.query.elements[0] == value(16));
  CHECK(block.attention.key.elements[0] == value(32));
  CHECK(block.attention.value.elements[0] == value(40));
  CHECK(block.attention.output.elements[0] == value(48));
  CHECK(block.ffn_norm.values[0] == value(64));
  CHECK(block.ffn.gate.elements[0] == value(68));
  CHECK(block.ffn.down.elements[0] == value(100));
  CHECK(block.ffn.up.elements[0] == value(132));
  CHECK(m->parameters.final_norm.values[3] == value(167));
}

TEST_CASE("bitllama2c: codes and scales are read", "[llama2c]") {
  const auto m = load_ternary(ternary_file());
  REQUIRE(m);
  const auto& query = m->parameters.blocks[0].attention.query;
  std::int8_t codes[4];
  tl::unpack_codes(query, 3, codes);
  CHECK(codes[0] == 1);
  CHECK(codes[1] == 0);
  CHECK(codes[2] == -1);
  CHECK(codes[3] == 1);
  CHECK(query.scale(0, 0) == 0.5f);
}

TEST_CASE("llama2c: a file cut off anywhere is an error", "[llama2c]") {
  const bytes whole = float_file();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto m =
        load_floats(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
    REQUIRE_FALSE(m);
    REQUIRE(m.error().message.find("llama2c_test.bin") == 0);
  }
  const bytes packed = ternary_file();
  for (std::size_t n = 0; n < packed.size(); ++n)
    REQUIRE_FALSE(
        load_ternary(bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(n))));
}

TEST_CASE("llama2c: errors name what was expected and found", "[llama2c]") {
  const bytes good = float_file(), packed = ternary_file();
  bytes longer = good;
  longer.push_back(0);
  CHECK(load_floats(longer).error().message ==
        "llama2c_test.bin: expected the file to end at offset 716, found 1 bytes more.");
  CHECK(load_floats(with_i32(good, 0, -4)).error().message ==
        "llama2c_test.bin: header: dim should be positive, found -4.");
  CHECK(load_floats(with_i32(good, 2, 2'000'000'000)).error().message ==
        "llama2c_test.bin: header: layers should be between 1 and 4096, found 2000000000.");
  CHECK(load_floats(with_i32(good, 1, 1 << 24)).error().code == tl::errc::truncated);
  CHECK(load_floats(with_i32(good, 3, 3)).error().message ==
        "llama2c_test.bin: header: dim should be a multiple of heads, found 4 and 3.");
  CHECK(load_floats(with_i32(good, 5, -3)).error().message ==
        "llama2c_test.bin: the file has a separate head, the blueprint does not.");
  CHECK(load_floats(with_f32(good, 28 + 4 * 70, std::nanf(""))).error().message ==
        "llama2c_test.bin: blocks.0.ffn.gate[2] should be a finite number, found nan.");
  CHECK(load_ternary(with_i32(packed, 0, 7)).error().message ==
        "llama2c_test.bin: expected the magic number 'ak42' (1634415666), found 7.");
  CHECK(load_ternary(with_i32(packed, 1, 2)).error().message ==
        "llama2c_test.bin: expected version 1, found 2.");
  const std::size_t scale = 256 + 4 * 16;
  for (const float bad : {std::nanf(""), 0.0f, -1.0f, std::numeric_limits<float>::infinity()})
    CHECK(load_ternary(with_f32(packed, scale, bad))
              .error()
              .message.find(
                  "blocks.0.attention.query: the scale should be positive and finite, found") !=
          std::string::npos);
  bytes invalid = packed;
  invalid[scale + 4 + 1] = 0b01'10'00'00;
  CHECK(
      load_ternary(invalid).error().message ==
      "llama2c_test.bin: blocks.0.attention.query[1, 1]: expected a code 00, 01 or 11, found 10.");
  CHECK(tl::io::load_llama2c<llama>("absent.bin").error().code == tl::errc::file_not_found);
  CHECK(tl::io::load_llama2c<llama>("/").error().code == tl::errc::file_not_found);
}

TEST_CASE("llama2c: a fixed shape that disagrees with the file names both", "[llama2c]") {
  using wider =
      tl::dense<tl::presets::llama_f32<tl::rotary::interleaved, tl::tied_head<tl::weights::f32>,
                                       tl::shape{.dim = 8}>>;
  CHECK(tl::io::load_llama2c<wider>(write(float_file())).error().message ==
        "llama2c_test.bin: the program was compiled for dim = 8, the file has dim = 4.");
}
