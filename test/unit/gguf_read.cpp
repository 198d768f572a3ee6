#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "data.hpp"
#include "gguf_fixture.hpp"

namespace io = trilith::io;
using io::ggml_type;
using io::gguf_type;
using test::gguf_bytes;
using trilith::errc;

namespace {

/// The only tensor of a file with one of this number and these dimensions, and this much data.
io::gguf_tensor only_tensor(std::uint32_t type, const std::vector<std::uint64_t>& dims,
                            std::size_t data, bool lenient = false) {
  gguf_bytes file;
  file.header(1, 0).tensor("x", dims, type, 0).data(data);
  const auto parsed = io::parse_gguf(file.get(), "toy", {.lenient = lenient});
  if (!parsed) UNSCOPED_INFO(parsed.error().message);
  REQUIRE(parsed);
  return parsed->tensors()[0];
}

void check_tensor_refusal(std::uint32_t type, const std::vector<std::uint64_t>& dims,
                          std::size_t data, errc code, std::string_view words) {
  test::check_gguf_refusal(gguf_bytes().header(1, 0).tensor("x", dims, type, 0).data(data), code,
                           words);
}

io::gguf_value value_of(const gguf_bytes& encoded, gguf_type type) {
  return {type, type, 1, encoded.get()};
}

}  // namespace

TEST_CASE("a GGUF header names metadata and tensors in the order of the file", "[io][gguf]") {
  gguf_bytes file;
  file.header(3, 3).key("z", gguf_type::u32).put(std::uint32_t{7});
  file.key("a.b", gguf_type::string).text("\xC3\xA4\n");
  file.key("list", gguf_type::array).array(gguf_type::string, 3).text("x").text("").text("yz");
  file.tensor("second", {2, 3}, 0, 0).tensor("none", {0, 4}, 1, 32).tensor("a", {}, 30, 32);
  file.data(34);
  const auto parsed = io::parse_gguf(file.get(), "toy").value();
  CHECK(parsed.name() == "toy");
  CHECK(parsed.version() == 3);
  CHECK(parsed.alignment() == 32);
  REQUIRE(parsed.metadata().size() == 3);
  CHECK(parsed.metadata()[0].key == "z");
  CHECK(parsed.metadata()[2].key == "list");
  std::uint64_t number = 0;
  std::string_view text;
  CHECK(parsed.find("z")->as_unsigned(number));
  CHECK(number == 7);
  CHECK(parsed.find("a.b")->as_string(text));
  CHECK(text == "\xC3\xA4\n");
  std::vector<std::string> list;
  for (const std::string_view s : parsed.find("list")->strings()) list.emplace_back(s);
  CHECK(list == std::vector<std::string>{"x", "", "yz"});
  CHECK(parsed.find("list")->size() == 3);
  CHECK(parsed.find("list")->element_type() == gguf_type::string);
  CHECK(parsed.find("a") == nullptr);
  CHECK(parsed.find("") == nullptr);
  REQUIRE(parsed.tensors().size() == 3);
  CHECK(parsed.tensors()[0].name == "second");
  const io::gguf_tensor* second = parsed.find_tensor("second");
  REQUIRE(second != nullptr);
  CHECK(second->type == ggml_type::f32);
  CHECK(second->dims == std::vector<std::uint64_t>{2, 3});
  CHECK(second->offset == file.size() - 34);
  CHECK(parsed.bytes(*second).size() == 24);
  CHECK(parsed.bytes(*parsed.find_tensor("none")).empty());
  CHECK(parsed.find_tensor("a")->dims.empty());
  CHECK(parsed.bytes(*parsed.find_tensor("a")).size() == 2);
  CHECK(parsed.find_tensor("z") == nullptr);
}

TEST_CASE("keys and texts of a GGUF file are views of its bytes", "[io][gguf]") {
  gguf_bytes file;
  file.header(0, 1).key("key", gguf_type::string).text("value");
  const auto parsed = io::parse_gguf(file.get(), "toy").value();
  std::string_view text;
  REQUIRE(parsed.find("key")->as_string(text));
  const char* const first = reinterpret_cast<const char*>(file.get().data());
  CHECK(text.data() == first + file.size() - 5);
  CHECK(parsed.metadata()[0].key.data() == first + 32);
}

TEST_CASE("a GGUF mapping may be taken over, and the file still reads", "[io][gguf]") {
  auto file = io::open_gguf(test::gguf_fixture("aligned.gguf")).value();
  const io::mapped_file mapping = std::move(file).take_mapping();
  CHECK(mapping.bytes().size() == 320);
  const auto moved = std::move(file);
  CHECK(moved.bytes(*moved.find_tensor("b")).data() > mapping.bytes().data());
  CHECK(moved.bytes(*moved.find_tensor("b"))[1] == 0x3C);
}

TEST_CASE("versions 2 and 3 of GGUF are read", "[io][gguf]") {
  CHECK(io::parse_gguf(gguf_bytes().header(0, 0, 2).get(), "toy")->version() == 2);
  CHECK(io::parse_gguf(gguf_bytes().header(0, 0, 3).get(), "toy")->version() == 3);
  for (const std::uint32_t bad : {0u, 1u, 4u, 0x80000001u})
    test::check_gguf_refusal(gguf_bytes().header(0, 0, bad), errc::unsupported,
                             trilith::join("expected version 2 or 3, found ", bad));
  test::check_gguf_refusal(gguf_bytes().header(0, 0, 0x03000000), errc::unsupported, "big-endian");
  test::check_gguf_refusal(gguf_bytes().raw("GGML").put(0), errc::malformed, "found \"GGML\"");
}

TEST_CASE("integers of any type are read where they are in range", "[io][gguf]") {
  std::uint64_t u = 0;
  std::int64_t s = 0;
  double f = 0;
  const auto check = [&](auto number, gguf_type type, bool fits_unsigned, bool fits_signed) {
    const gguf_bytes encoded = gguf_bytes().put(number);
    const io::gguf_value value = value_of(encoded, type);
    CHECK(value.as_unsigned(u) == fits_unsigned);
    CHECK(value.as_signed(s) == fits_signed);
    if (fits_unsigned) CHECK(u == static_cast<std::uint64_t>(number));
    if (fits_signed) CHECK(s == static_cast<std::int64_t>(number));
    REQUIRE(value.as_float(f));
    CHECK(f == static_cast<double>(number));
    bool b = false;
    std::string_view text;
    CHECK(!value.as_bool(b));
    CHECK(!value.as_string(text));
  };
  check(std::uint8_t{255}, gguf_type::u8, true, true);
  check(std::int8_t{-128}, gguf_type::i8, false, true);
  check(std::uint16_t{65535}, gguf_type::u16, true, true);
  check(std::int16_t{-1}, gguf_type::i16, false, true);
  check(std::uint32_t{0xFFFFFFFF}, gguf_type::u32, true, true);
  check(std::int32_t{-5}, gguf_type::i32, false, true);
  check(std::int32_t{5}, gguf_type::i32, true, true);
  check(~std::uint64_t{0}, gguf_type::u64, true, false);
  check(std::uint64_t{1} << 62, gguf_type::u64, true, true);
  check(std::int64_t{-1} - 0x7FFFFFFFFFFFFFFF, gguf_type::i64, false, true);
  check(0.1f, gguf_type::f32, false, false);
  check(-1e300, gguf_type::f64, false, false);
}

TEST_CASE("bools, texts and arrays are no numbers", "[io][gguf]") {
  std::uint64_t u = 0;
  double f = 0;
  bool b = false;
  const gguf_bytes one = gguf_bytes().put(std::uint8_t{1});
  const gguf_bytes text = gguf_bytes().text("1");
  CHECK(value_of(one, gguf_type::boolean).as_bool(b));
  CHECK(b);
  for (const io::gguf_value& value :
       {value_of(one, gguf_type::boolean), value_of(text, gguf_type::string),
        io::gguf_value(gguf_type::array, gguf_type::u8, 1, one.get())}) {
    CHECK(!value.as_unsigned(u));
    CHECK(!value.as_float(f));
  }
  CHECK(value_of(text, gguf_type::string).strings().begin() == io::gguf::end_of_values{});
}

TEST_CASE("elements of an array are values; a value alone is its only element", "[io][gguf]") {
  const io::gguf_owned_value owned = std::vector<std::int16_t>{-3, 0, 4};
  std::vector<std::int64_t> found;
  for (const io::gguf_value element : owned.view().elements()) {
    CHECK(element.type() == gguf_type::i16);
    REQUIRE(element.as_signed(found.emplace_back()));
  }
  CHECK(found == std::vector<std::int64_t>{-3, 0, 4});
  const io::gguf_owned_value alone = "text";
  std::size_t count = 0;
  for (const io::gguf_value element : alone.view().elements()) {
    std::string_view text;
    CHECK(element.as_string(text));
    CHECK(text == "text");
    ++count;
  }
  CHECK(count == 1);
}

TEST_CASE("every type of the table has its size and is found by its number", "[io][gguf]") {
  for (const io::ggml_traits& t : io::ggml_types) {
    CAPTURE(t.name);
    const std::vector<std::uint64_t> dims{1536, 3};
    std::uint64_t bytes = 0;
    REQUIRE(io::gguf_tensor_bytes(t.type, dims, bytes));
    if (t.type != ggml_type::tl2)
      CHECK(bytes == 1536 * 3 / t.block_weights * t.block_bytes + 3 * t.row_bytes + t.tail_bytes);
    CHECK(io::name_of(t.type) == t.name);
    const io::gguf_tensor found = only_tensor(t.id, dims, bytes);
    CHECK(found.type == t.type);
    CHECK(found.type_id == t.id);
    CHECK(found.bytes == bytes);
    CHECK(found.remark.empty());
  }
}

TEST_CASE("TL2 takes 5 bits for 3 weights, and 2 bits in the last 256 of a row", "[io][gguf]") {
  const std::vector<std::uint64_t> dims{3200, 3200};
  std::uint64_t bytes = 0;
  REQUIRE(io::gguf_tensor_bytes(ggml_type::tl2, dims, bytes));
  CHECK(bytes == (2944 * 3200 / 3 * 5 / 8 + 256 * 3200 / 4 + 31) / 32 * 32 + 32);
  const std::vector<std::uint64_t> narrow{255, 4};
  CHECK(!io::gguf_tensor_bytes(ggml_type::tl2, narrow, bytes));
}

TEST_CASE("numbers with several meanings are told apart by size", "[io][gguf]") {
  CHECK(only_tensor(36, {128, 2}, 96).type == ggml_type::i2_s);
  CHECK(only_tensor(36, {64, 4}, 96).type == ggml_type::i2_s);
  CHECK(only_tensor(36, {2560, 2560}, 2560 * 640 + 32).type == ggml_type::i2_s);
  CHECK(only_tensor(39, {1024, 16}, 16384 / 32 * 17).type == ggml_type::mxfp4);
  CHECK(only_tensor(39, {1024, 16}, 768 * 16 / 3 * 5 / 8 + 1024 + 32).type == ggml_type::tl2);
  CHECK(only_tensor(40, {1024, 4}, 4096 / 64 * 36).type == ggml_type::nvfp4);
  CHECK(only_tensor(40, {1024, 4}, 4096 / 32 * 6).type == ggml_type::q1_0_g32);
  CHECK(only_tensor(41, {1024, 4}, 4096 / 128 * 18).type == ggml_type::q1_0);
  CHECK(only_tensor(42, {1024, 4}, 4096 / 64 * 18).type == ggml_type::q2_0);
  CHECK(only_tensor(42, {1024, 4}, 4096 / 256 * 42).type == ggml_type::stq1_0);
  CHECK(only_tensor(42, {1024, 16}, 768 * 16 / 3 * 5 / 8 + 1024 + 32).type == ggml_type::tl2);
}

TEST_CASE("a size is known from the next tensor, less the padding", "[io][gguf]") {
  gguf_bytes file;  // 16 weights of 18 / 64 bytes, and 1 block of 42: both padded
  file.header(3, 0).tensor("q", {64}, 42, 0).tensor("s", {256}, 42, 32).tensor("f", {1}, 0, 96);
  file.data(100);
  const auto parsed = io::parse_gguf(file.get(), "toy").value();
  CHECK(parsed.tensors()[0].type == ggml_type::q2_0);
  CHECK(parsed.tensors()[0].bytes == 18);
  CHECK(parsed.tensors()[1].type == ggml_type::stq1_0);
  CHECK(parsed.tensors()[1].bytes == 42);
}

TEST_CASE("the last tensor may be padded, or not", "[io][gguf]") {
  for (const std::size_t data : {18u, 20u, 32u}) CHECK(only_tensor(1, {9}, data).bytes == 18);
  for (const std::size_t data : {18u, 32u})
    CHECK(only_tensor(42, {64}, data).type == ggml_type::q2_0);
  check_tensor_refusal(1, {9}, 33, errc::malformed, "found 1 bytes more");
  CHECK(only_tensor(1, {9}, 33, true).bytes == 18);
}

TEST_CASE("variants of I2_S are refused by name", "[io][gguf]") {
  check_tensor_refusal(36, {1024, 2}, 512, errc::unsupported,
                       "tensor \"x\": expected 544 bytes for [1024, 2] of I2_S, with one scale at "
                       "the end, found room for 512: the variant without a scale");
  check_tensor_refusal(36, {1024, 2}, 512 + 128, errc::unsupported,
                       "the variant with an F16 scale in every block of 32");
  check_tensor_refusal(36, {1024, 2}, 1024, errc::malformed, "found room for 1024.");
  check_tensor_refusal(36, {1024, 2}, 543, errc::truncated, "found room for 543.");
  check_tensor_refusal(36, {100}, 57, errc::malformed, "expected 57 bytes");
  const io::gguf_tensor kept = only_tensor(36, {1024, 2}, 512, true);
  CHECK(kept.type == ggml_type::unknown);
  CHECK(kept.bytes == 512);
  CHECK_THAT(kept.remark, Catch::Contains("without a scale"));
}

TEST_CASE("unknown types are refused, or kept for inspection", "[io][gguf]") {
  check_tensor_refusal(4, {2}, 8, errc::unsupported, "tensor \"x\": expected a known type");
  check_tensor_refusal(77, {2}, 8, errc::unsupported, "found 77");
  check_tensor_refusal(0xFFFFFFFF, {2}, 8, errc::unsupported, "found 4294967295");
  check_tensor_refusal(0x10027, {512}, 8, errc::unsupported, "found 65575");
  gguf_bytes file;
  file.header(2, 0).tensor("x", {5}, 77, 0).tensor("y", {1}, 0, 96).data(100);
  const auto parsed = io::parse_gguf(file.get(), "toy", {.lenient = true}).value();
  CHECK(parsed.tensors()[0].type == ggml_type::unknown);
  CHECK(io::name_of(parsed.tensors()[0].type) == "unknown");
  CHECK(parsed.tensors()[0].type_id == 77);
  CHECK(parsed.tensors()[0].bytes == 96);
  CHECK_THAT(parsed.tensors()[0].remark, Catch::Contains("found 77"));
  CHECK(parsed.tensors()[1].type == ggml_type::f32);
}

TEST_CASE("dimensions must be whole blocks", "[io][gguf]") {
  check_tensor_refusal(8, {33}, 64, errc::malformed,
                       "expected rows of whole blocks of 32 weights for Q8_0, found the dimensions "
                       "[33]");
  check_tensor_refusal(35, {128, 2}, 66, errc::malformed, "blocks of 256 weights for TQ2_0");
  check_tensor_refusal(39, {33}, 17, errc::malformed, "blocks of 32 weights for MXFP4");
  check_tensor_refusal(42, {64}, 50, errc::malformed,
                       "expected 18 (Q2_0) bytes for [64] of type 42, found room for 50");
  check_tensor_refusal(42, {256}, 50, errc::malformed,
                       "expected 72 (Q2_0) or 96 (TL2) or 42 (STQ1_0) bytes");
  check_tensor_refusal(42, {256}, 40, errc::truncated, "found room for 40");
}

TEST_CASE("a vocabulary in GGUF form, as llama.cpp keeps it", "[io][gguf]") {
  const std::string path = test::data_file("tokenizers/ggml-vocab-llama-spm.gguf");
  if (path.empty()) return;
  const auto file = io::open_gguf(path).value();
  CHECK(file.version() == 3);
  CHECK(file.tensors().empty());
  REQUIRE(file.metadata().size() == 22);
  std::string_view text;
  REQUIRE(file.find("general.architecture")->as_string(text));
  CHECK(text == "llama");
  const io::gguf_value* tokens = file.find("tokenizer.ggml.tokens");
  REQUIRE(tokens != nullptr);
  REQUIRE(tokens->size() == 32000);
  std::vector<std::string_view> words;
  for (const std::string_view word : tokens->strings()) words.push_back(word);
  CHECK(words.size() == 32000);
  CHECK(words[0] == "<unk>");
  CHECK(words[3] == "<0x00>");
  CHECK(words[278] == "\xE2\x96\x81the");
  std::vector<double> scores;
  for (const io::gguf_value score : file.find("tokenizer.ggml.scores")->elements())
    REQUIRE(score.as_float(scores.emplace_back()));
  CHECK(scores.size() == 32000);
  CHECK(scores[278] == -19);
}
