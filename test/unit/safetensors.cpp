#include <trilith/core/text.hpp>
#include <trilith/io/safetensors.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "files.hpp"

namespace io = trilith::io;
using trilith::errc;
using bytes = std::vector<unsigned char>;

namespace {

/// A file of this header and this many bytes of data.
bytes file_of(std::string_view header, std::size_t data) {
  const std::uint64_t length = header.size();
  bytes out(8 + header.size() + data, 7);
  std::memcpy(out.data(), &length, 8);
  std::memcpy(out.data() + 8, header.data(), header.size());
  return out;
}

trilith::error refusal(const bytes& file) {
  const auto parsed = io::parse_safetensors(file, "toy");
  REQUIRE(!parsed);
  return parsed.error();
}

void check_refusal(std::string_view header, std::size_t data, errc code, std::string_view words) {
  const trilith::error why = refusal(file_of(header, data));
  CAPTURE(header);
  CHECK(why.code == code);
  CHECK_THAT(why.message, Catch::StartsWith("toy: ") && Catch::Contains(std::string(words)));
}

std::string tensor(std::string_view name, std::string_view dtype, std::string_view shape,
                   std::string_view offsets) {
  return trilith::join('"', name, "\":{\"dtype\":\"", dtype, "\",\"shape\":", shape,
                       ",\"data_offsets\":", offsets, "}");
}

const std::string scratch = "unit_safetensors." + std::to_string(::getpid());

}  // namespace

TEST_CASE("a safetensors header names tensors and metadata", "[io]") {
  const bytes file =
      file_of("{" + tensor("b", "F32", "[1,2]", "[2,10]") + R"(,"__metadata__":{)" +
                  R"("licence":"MIT","a":"\u00e4\n"},)" + tensor("a", "U8", "[2]", "[0,2]") + ',' +
                  tensor("scalar", "BF16", "[]", "[10,12]") + ',' +
                  tensor("none", "F64", "[0,9]", "[2,2]") + "}   ",
              12);
  const auto parsed = io::parse_safetensors(file, "toy").value();
  REQUIRE(parsed.tensors().size() == 4);
  const io::tensor_entry* b = parsed.find("b");
  REQUIRE(b != nullptr);
  CHECK(b->type == io::dtype::f32);
  CHECK(b->shape == std::vector<std::uint64_t>{1, 2});
  CHECK(b->offset == file.size() - 10);
  CHECK(parsed.bytes(*b).size() == 8);
  CHECK(parsed.bytes(*parsed.find("none")).empty());
  CHECK(parsed.find("scalar")->shape.empty());
  CHECK(parsed.find("c") == nullptr);
  CHECK(parsed.find("") == nullptr);
  CHECK(*parsed.find_metadata("licence") == "MIT");
  CHECK(*parsed.find_metadata("a") == "\xC3\xA4\n");
  CHECK(parsed.find_metadata("b") == nullptr);
}

TEST_CASE("an empty safetensors file is legal", "[io]") {
  CHECK(io::parse_safetensors(file_of("{}      ", 0), "toy")->tensors().empty());
}

TEST_CASE("every dtype of the format has its size", "[io]") {
  for (const io::dtype_traits& t : io::dtypes) {
    const std::size_t size = 8 * t.bits / 8;
    const bytes file =
        file_of("{" + tensor("x", t.name, "[2,4]", trilith::join("[0,", size, "]")) + "}", size);
    CHECK(io::parse_safetensors(file, "toy")->find("x")->bytes == size);
  }
  check_refusal("{" + tensor("x", "F4", "[3]", "[0,1]") + "}", 1, errc::malformed, "whole bytes");
}

TEST_CASE("safetensors lengths that cannot be are refused", "[io]") {
  CHECK(refusal({}).code == errc::truncated);
  CHECK(refusal({1, 2, 3, 4, 5, 6, 7}).code == errc::truncated);
  bytes file = file_of("{}", 0);
  file[0] = 3;
  CHECK(refusal(file).code == errc::truncated);
  CHECK_THAT(refusal(file).message,
             Catch::Contains("expected 3 bytes") && Catch::Contains("found 2"));
  file[7] = 0x80;
  CHECK(refusal(file).code == errc::malformed);
  CHECK_THAT(refusal(file).message, Catch::Contains("at most 100000000"));
  file = file_of("{}", 0);
  file[0] = 0;
  CHECK_THAT(refusal(file).message, Catch::Contains("start with '{'"));
}

TEST_CASE("safetensors headers that are no JSON of the format are refused", "[io]") {
  const auto check = [](std::string_view header, std::string_view words) {
    check_refusal(header, 0, errc::malformed, words);
  };
  check(" {}", "start with '{', found \" {}\"");
  check("{", "not valid JSON");
  check("{}}", "not valid JSON");
  check("{} /* */", "not valid JSON");
  check(std::string_view("{}\0{", 4), "not valid JSON");
  check("{\"\xFF\":1}", "UTF-8");
  check("{\"\xC3\":1}", "UTF-8");
  check("{\"a\xED\xA0\x80\":1}", "UTF-8");
  check("{\"a\":1}", "tensor \"a\": expected an object, found 1");
  check("{\"a\":null}", "expected an object, found null");
  check("{\"a\":[]}", "expected an object, found a list");
  check("{\"__metadata__\":{\"a\":1}}", "names with texts, found 1");
  check("{\"__metadata__\":{\"a\":{}}}", "names with texts, found an object");
  check("{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ twice");
  check("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", "\"a\" twice");
  check("{\"a\":{}}", "dtype, shape and data_offsets, each once, found the end");
  check("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", "found \"dtype\"");
  check("{\"a\":{\"type\":\"U8\"}}", "found \"type\"");
  check("{\"a\":{\"dtype\":8}}", "a text as its dtype, found 8");
  check("{\"a\":{\"shape\":3}}", "a list of whole numbers up to 2^53 as its shape, found 3");
  check("{\"a\":{\"shape\":[[3]]}}", "found a list");
  check("{" + tensor("a", "U8", "[0]", "[]") + "}", "data_offsets, found none");
  check("{" + tensor("a", "U8", "[0]", "[0]") + "}", "data_offsets, found one");
  check("{" + tensor("a", "U8", "[0]", "[0,0,0]") + "}", "data_offsets, found a third");
}

TEST_CASE("deep nesting in a safetensors header is refused without recursion", "[io]") {
  const std::string deep(1'000'000, '[');
  check_refusal("{\"a\":{\"shape\":" + deep, 0, errc::malformed, "found a list");
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  check_refusal(objects, 0, errc::malformed, "expected");
}

TEST_CASE("numbers of a safetensors header are whole, small and exact", "[io]") {
  for (const std::string_view bad :
       {"-1", "-0", "1.0", "1e0", "0.5", "9007199254740993", "18446744073709551615",
        "18446744073709551616", "9223372036854775808", "1e400", "\"1\"", "true", "null"}) {
    const std::string list = trilith::join("[", bad, "]");
    check_refusal("{" + tensor("x", "U8", list, "[0,1]") + "}", 1, errc::malformed, "");
    const std::string offsets = trilith::join("[0,", bad, "]");
    check_refusal("{" + tensor("x", "U8", "[1]", offsets) + "}", 1, errc::malformed, "");
  }
}

TEST_CASE("safetensors shapes, types and offsets must agree", "[io]") {
  const auto check = [](const std::string& x, std::string_view words, errc code = errc::malformed) {
    check_refusal("{" + x + "}", 8, code, words);
  };
  check(tensor("x", "U8", "[7]", "[0,8]"), "expected 7 bytes for the shape [7] of U8");
  check(tensor("x", "F32", "[8]", "[0,8]"), "span 8");
  check(tensor("x", "U8", "[8]", "[8,0]"), "in order");
  check(tensor("x", "U8", "[4294967296,4294967296,2]", "[0,8]"), "64-bit");
  check(tensor("x", "F64", "[4503599627370496,4503599627370496,0]", "[0,0]"), "64-bit");
  check(tensor("x", "U8", "[9007199254740992]", "[0,9007199254740992]"),
        "expected 9007199254740992", errc::truncated);
  check(tensor("x", "S8", "[8]", "[0,8]"), "found \"S8\"", errc::unsupported);
  check(tensor("x", "f32", "[2]", "[0,8]"), "found \"f32\"", errc::unsupported);
}

TEST_CASE("safetensors must cover the file without overlap or hole", "[io]") {
  const auto check = [](std::string_view b, std::string_view size, std::string_view words,
                        errc code = errc::malformed) {
    check_refusal("{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", size, b) + "}",
                  8, code, words);
  };
  check("[3,8]", "[5]", "tensor \"b\": expected its bytes at data offset 4");
  check("[3,8]", "[5]", "overlap");
  check("[5,8]", "[3]", "hole");
  check("[0,4]", "[4]", "overlap");
  check("[4,7]", "[3]", "expected 7 bytes of tensors after the header, found 8");
  check("[4,9]", "[5]", "expected 9 bytes", errc::truncated);
  const std::string twice =
      tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("a", "U8", "[4]", "[4,8]");
  check_refusal("{" + twice + "}", 8, errc::malformed, "\"a\": the header has this name twice");
}

TEST_CASE("names of a damaged header are shortened and printable in messages", "[io]") {
  const std::string name = "a\\u0001\\n" + std::string(1000, 'x');
  const trilith::error why = refusal(file_of("{" + tensor(name, "?", "[0]", "[0,0]") + "}", 0));
  CHECK(why.message.size() < 200);
  CHECK_THAT(why.message, Catch::Contains("a\\x01\\x0Axxx"));
}

TEST_CASE("written safetensors come back, in the documented order", "[io]") {
  const bytes data(256, 3);
  const std::span<const unsigned char> some(data);
  const std::vector<io::tensor_to_write> tensors{
      {"byte", io::dtype::u8, {3}, some.first(3)},
      {"big \"\xC3\xA4\"", io::dtype::u8, {2, 64}, some.first(128)},
      {"float", io::dtype::f32, {}, some.first(4)},
      {"half", io::dtype::f16, {1, 3}, some.first(6)},
      {"bigger", io::dtype::f32, {4, 4}, some.first(64)},
      {"nothing", io::dtype::u8, {0}, {}}};
  const std::vector<io::metadata_pair> metadata{{"b", "\"\n"}, {"a", ""}};
  REQUIRE(io::write_safetensors(scratch, tensors, metadata));
  const auto file = io::open_safetensors(scratch).value();
  CHECK(file.tensors().size() == 6);
  std::uint64_t at = 0;
  for (const std::string_view name :
       {"bigger", "big \"\xC3\xA4\"", "nothing", "float", "half", "byte"}) {
    const io::tensor_entry* t = file.find(name);
    REQUIRE(t != nullptr);
    if (at == 0) CHECK(t->offset % 64 == 0);
    CHECK(t->offset >= at);
    at = t->offset;
  }
  for (const io::tensor_to_write& t : tensors) {
    const io::tensor_entry* found = file.find(t.name);
    REQUIRE(found != nullptr);
    CHECK(found->shape == t.shape);
    CHECK(found->type == t.type);
    CHECK(std::memcmp(file.bytes(*found).data(), data.data(), found->bytes) == 0);
  }
  CHECK(*file.find_metadata("b") == "\"\n");
  REQUIRE(io::write_safetensors(scratch, {}));
  CHECK(io::open_safetensors(scratch)->tensors().empty());
  std::remove(scratch.c_str());
}

TEST_CASE("safetensors that could not be read are not written", "[io]") {
  const bytes data(8, 3);
  const auto refused = [&](std::vector<io::tensor_to_write> tensors,
                           std::vector<io::metadata_pair> metadata, std::string_view words) {
    const auto s = io::write_safetensors(scratch, tensors, metadata);
    REQUIRE(!s);
    CHECK(s.error().code == errc::invalid_argument);
    CHECK_THAT(s.error().message, Catch::Contains(std::string(words)));
    CHECK(!io::map_file(scratch));
  };
  refused({{"a", io::dtype::u8, {7}, data}}, {}, "expected 7 bytes");
  refused({{"a", io::dtype::u64, {std::uint64_t{1} << 62}, data}}, {}, "2^53");
  refused({{"a\xFF", io::dtype::u8, {8}, data}}, {}, "name");
  refused({{"__metadata__", io::dtype::u8, {8}, data}}, {}, "name");
  refused({{"a", io::dtype::u8, {8}, data}, {"a", io::dtype::u8, {8}, data}}, {}, "two tensors");
  refused({}, {{"a", "\xFF"}}, "UTF-8");
  refused({}, {{"a", ""}, {"a", ""}}, "twice");
}

TEST_CASE("every bit flip and cut of a small safetensors file is an error or a file", "[io]") {
  const bytes data(12, 1);
  const std::vector<io::tensor_to_write> tensors{
      {"x", io::dtype::f32, {1, 2}, std::span(data).first(8)},
      {"y", io::dtype::u8, {4}, std::span(data).first(4)}};
  const std::vector<io::metadata_pair> metadata{{"k", "v"}};
  REQUIRE(io::write_safetensors(scratch, tensors, metadata));
  const bytes whole = test::bytes_of_file(scratch);
  std::remove(scratch.c_str());
  for (std::size_t n = 0; n < whole.size(); ++n)
    if (io::parse_safetensors(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
                              "cut"))
      FAIL("read from " << n << " bytes");
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    bytes damaged = whole;
    damaged[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
    const auto parsed = io::parse_safetensors(damaged, "damaged");
    if (!parsed) CHECK(!parsed.error().message.empty());
    if (parsed)
      for (const io::tensor_entry& t : parsed->tensors())
        CHECK(t.offset + t.bytes <= damaged.size());
  }
}
