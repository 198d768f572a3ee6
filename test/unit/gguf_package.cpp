#include <trilith/core/half.hpp>

#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gguf_fixture.hpp"

// Files that the Python package of ggml's authors wrote: test/fixtures/make_gguf.py.

namespace io = trilith::io;
using io::ggml_type;

namespace {

const std::string scratch = "unit_gguf_package." + std::to_string(::getpid());

template <class T>
constexpr T lowest = std::numeric_limits<T>::lowest();
template <class T>
constexpr T highest = std::numeric_limits<T>::max();

std::vector<io::gguf_pair> expected_metadata() {
  return {
      {"general.architecture", "toy"},
      {"toy.u8", std::uint8_t{200}},
      {"toy.i8", std::int8_t{-100}},
      {"toy.u16", std::uint16_t{60000}},
      {"toy.i16", std::int16_t{-30000}},
      {"toy.u32", std::uint32_t{4000000000}},
      {"toy.i32", std::int32_t{-2000000000}},
      {"toy.f32", 0.1f},
      {"toy.u64", highest<std::uint64_t>},
      {"toy.i64", lowest<std::int64_t>},
      {"toy.f64", 0.1},
      {"toy.true", true},
      {"toy.false", false},
      {"toy.string", "\xC3\xA4 \xE2\x96\x81\xF0\x9F\x9A\x80\n\""},
      {"toy.array.u8", std::vector<std::uint8_t>{0, 1, 255}},
      {"toy.array.i8", std::vector<std::int8_t>{-128, 0, 127}},
      {"toy.array.u16", std::vector<std::uint16_t>{0, 65535}},
      {"toy.array.i16", std::vector<std::int16_t>{-32768, 32767}},
      {"toy.array.u32", std::vector<std::uint32_t>{0, highest<std::uint32_t>}},
      {"toy.array.i32", std::vector<std::int32_t>{lowest<std::int32_t>, highest<std::int32_t>}},
      {"toy.array.f32", std::vector<float>{-0.5f, 1e30f}},
      {"toy.array.u64", std::vector<std::uint64_t>{0, highest<std::uint64_t>}},
      {"toy.array.i64", std::vector<std::int64_t>{lowest<std::int64_t>, highest<std::int64_t>}},
      {"toy.array.f64", std::vector<double>{-0.5, 1e300}},
      {"toy.array.bool", std::vector<bool>{true, false, true}},
      {"toy.array.string", std::vector<std::string_view>{"", "a", "\xE2\x96\x81the", "<0x0A>"}}};
}

void append(test::bytes& out, const auto& value) {
  out.resize(out.size() + sizeof value);
  std::memcpy(out.data() + out.size() - sizeof value, &value, sizeof value);
}
/// -3/8 ... 2/8 as elements that `make` makes of a float.
template <class Make>
test::bytes eighths(Make make) {
  test::bytes out;
  for (int i = -3; i < 3; ++i) append(out, make(static_cast<float>(i) / 8));
  return out;
}
/// Weight i of the ternary tensors: -1, 0 or +1.
int trit(int i) {
  return i * 7 % 3 - 1;
}

/// Two rows of 64 in blocks of 32: scale 1, then 127 times the trits.
test::bytes q8_0() {
  test::bytes out;
  for (int row = 0; row < 2; ++row)
    for (int block = 0; block < 2; ++block) {
      append(out, trilith::to_float16(1.f));
      for (int i = 0; i < 32; ++i)
        append(out, static_cast<std::int8_t>(127 * trit(256 * row + 32 * block + i)));
    }
  return out;
}
/// Byte 32 h + m of a row of 256: elements 128 h + m + 32 n in bits 2 n; then the scale, 1/2.
test::bytes tq2_0() {
  test::bytes out;
  for (int row = 0; row < 2; ++row) {
    for (int byte = 0; byte < 64; ++byte) {
      unsigned packed = 0;
      for (int n = 0; n < 4; ++n) {
        const int i = 256 * row + byte / 32 * 128 + byte % 32 + 32 * n;
        packed |= static_cast<unsigned>(trit(i) + 1) << 2 * n;
      }
      out.push_back(static_cast<unsigned char>(packed));
    }
    append(out, trilith::to_float16(0.5f));
  }
  return out;
}
/// Trits `first`, `first` + step, ... as a fraction in base 3, the first one leading.
unsigned char fraction(int first, int step, int count) {
  int q = 0;
  for (int n = 0; n < 5; ++n) q = 3 * q + (n < count ? trit(first + n * step) + 1 : 0);
  return static_cast<unsigned char>((q * 256 + 242) / 243);
}
/// 32 bytes of elements m + 32 n, 16 of 160 + m + 16 n, 4 of 240 + m + 4 n; then the scale, 1/2.
test::bytes tq1_0() {
  test::bytes out;
  for (int row = 0; row < 2; ++row) {
    for (int m = 0; m < 32; ++m) out.push_back(fraction(256 * row + m, 32, 5));
    for (int m = 0; m < 16; ++m) out.push_back(fraction(256 * row + 160 + m, 16, 5));
    for (int m = 0; m < 4; ++m) out.push_back(fraction(256 * row + 240 + m, 4, 4));
    append(out, trilith::to_float16(0.5f));
  }
  return out;
}
test::bytes integers() {
  test::bytes out;
  for (std::int32_t i = -2; i < 3; ++i) append(out, i);
  return out;
}
test::bytes tenth() {
  test::bytes out;
  append(out, 0.1);
  return out;
}

struct expected_tensor {
  std::string name;
  std::vector<std::uint64_t> dims;
  ggml_type type;
  std::uint32_t id;
  test::bytes bytes;
};

std::vector<expected_tensor> expected_tensors() {
  return {{"f32", {3, 2}, ggml_type::f32, 0, eighths([](float x) { return x; })},
          {"f16", {6}, ggml_type::f16, 1, eighths([](float x) { return trilith::to_float16(x); })},
          {"scalars.f64", {1, 1, 1, 1}, ggml_type::f64, 28, tenth()},
          {"i32", {5}, ggml_type::i32, 26, integers()},
          {"bf16", {3, 2}, ggml_type::bf16, 30, eighths([](float x) {
             return trilith::to_bfloat16(x);
           })},
          {"q8_0", {64, 2}, ggml_type::q8_0, 8, q8_0()},
          {"tq1_0", {256, 2}, ggml_type::tq1_0, 34, tq1_0()},
          {"tq2_0", {256, 2}, ggml_type::tq2_0, 35, tq2_0()}};
}

/// What a file holds, written again.
void check_copies(const std::string& name) {
  const auto file = io::open_gguf(test::gguf_fixture(name)).value();
  std::vector<io::gguf_pair> metadata;
  for (const io::gguf_field& field : file.metadata())
    metadata.push_back({std::string(field.key), io::gguf_owned_value(field.value)});
  std::vector<io::gguf_tensor_to_write> tensors;
  for (const io::gguf_tensor& t : file.tensors())
    tensors.push_back({.name = t.name, .dims = t.dims, .type = t.type, .bytes = file.bytes(t)});
  REQUIRE(io::write_gguf(scratch, tensors, metadata));
  CHECK(test::bytes_of_file(scratch) == test::bytes_of_file(test::gguf_fixture(name)));
  std::remove(scratch.c_str());
}

}  // namespace

TEST_CASE("metadata that the gguf package wrote is read", "[io][gguf]") {
  const auto file = io::open_gguf(test::gguf_fixture("package.gguf")).value();
  const auto expected = expected_metadata();
  REQUIRE(file.metadata().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const io::gguf_field& found = file.metadata()[i];
    CAPTURE(expected[i].key);
    CHECK(found.key == expected[i].key);
    const io::gguf_value value = expected[i].value.view();
    CHECK(found.value.type() == value.type());
    CHECK(found.value.element_type() == value.element_type());
    CHECK(found.value.size() == value.size());
    const auto bytes = found.value.encoded();
    CHECK(std::vector(bytes.begin(), bytes.end()) ==
          std::vector(value.encoded().begin(), value.encoded().end()));
  }
  std::int64_t lowest_number = 0;
  CHECK(file.find("toy.i64")->as_signed(lowest_number));
  CHECK(lowest_number == lowest<std::int64_t>);
}

TEST_CASE("tensors that the gguf package wrote are read", "[io][gguf]") {
  const auto file = io::open_gguf(test::gguf_fixture("package.gguf")).value();
  const auto expected = expected_tensors();
  REQUIRE(file.tensors().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const io::gguf_tensor& found = file.tensors()[i];
    CAPTURE(expected[i].name);
    CHECK(found.name == expected[i].name);
    CHECK(found.dims == expected[i].dims);
    CHECK(found.type == expected[i].type);
    CHECK(found.type_id == expected[i].id);
    const auto bytes = file.bytes(found);
    CHECK(test::bytes(bytes.begin(), bytes.end()) == expected[i].bytes);
  }
}

TEST_CASE("write_gguf writes the same bytes as the gguf package", "[io][gguf]") {
  const auto expected = expected_tensors();
  std::vector<io::gguf_tensor_to_write> tensors;
  for (const expected_tensor& t : expected)
    tensors.push_back({.name = t.name, .dims = t.dims, .type = t.type, .bytes = t.bytes});
  REQUIRE(io::write_gguf(scratch, tensors, expected_metadata()));
  CHECK(test::bytes_of_file(scratch) == test::bytes_of_file(test::gguf_fixture("package.gguf")));
  std::remove(scratch.c_str());
}

TEST_CASE("files of the gguf package, read and written again, stay as they are", "[io][gguf]") {
  check_copies("package.gguf");
  check_copies("aligned.gguf");
  check_copies("metadata.gguf");
}

TEST_CASE("an alignment that the gguf package wrote is honoured", "[io][gguf]") {
  const auto file = io::open_gguf(test::gguf_fixture("aligned.gguf")).value();
  CHECK(file.alignment() == 64);
  CHECK(file.find_tensor("a")->offset % 64 == 0);
  CHECK(file.find_tensor("b")->offset == file.find_tensor("a")->offset + 64);
  CHECK(io::open_gguf(test::gguf_fixture("metadata.gguf"))->tensors().empty());
}
