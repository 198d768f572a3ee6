#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gguf_fixture.hpp"

namespace io = trilith::io;
using io::gguf_type;
using test::bytes;
using test::check_gguf_refusal;
using test::gguf_bytes;
using trilith::errc;

namespace {

/// A file of everything, whose last tensor ends with the file.
bytes whole_file() {
  gguf_bytes f;
  f.header(5, 8).key("general.alignment", gguf_type::u32).put(std::uint32_t{32});
  f.key("a.text", gguf_type::string).text("\xC3\xA4 text");
  f.key("a.bool", gguf_type::boolean).put(std::uint8_t{1});
  f.key("a.float", gguf_type::f64).put(0.5);
  f.key("a.floats", gguf_type::array).array(gguf_type::f32, 3).put(1.f).put(2.f).put(3.f);
  f.key("a.words", gguf_type::array).array(gguf_type::string, 2).text("one").text("");
  f.key("a.bools", gguf_type::array).array(gguf_type::boolean, 2).put(std::uint16_t{256});
  f.key("a.none", gguf_type::array).array(gguf_type::string, 0);
  f.tensor("plain", {3, 2}, 0, 0).tensor("ternary", {64, 4}, 36, 32).tensor("none", {0}, 1, 128);
  f.tensor("either", {64}, 42, 128).tensor("last", {32, 1, 1, 1}, 8, 160);
  return f.data(160 + 34).get();
}

/// Looks at all that a parsed file offers; the sum keeps the reads from being dropped.
std::uint64_t read_everything(const io::gguf_file& file) {
  std::uint64_t sum = file.version() + file.alignment();
  for (const io::gguf_field& field : file.metadata()) {
    REQUIRE(file.find(field.key) == &field.value);
    for (const std::string_view text : field.value.strings())
      for (const char c : text) sum += static_cast<unsigned char>(c);
    for (const io::gguf_value element : field.value.elements()) {
      double number = 0;
      std::uint64_t whole = 0;
      std::string_view text;
      sum += element.as_float(number) ? 1 : 0;
      sum += element.as_unsigned(whole) ? whole : 0;
      sum += element.as_string(text) ? text.size() : 0;
    }
  }
  for (const io::gguf_tensor& tensor : file.tensors()) {
    REQUIRE(file.find_tensor(tensor.name) == &tensor);
    for (const unsigned char byte : file.bytes(tensor)) sum += byte;
  }
  return sum;
}

/// Neither a crash nor a file that promises more than it holds. A success has as many parts; a
/// lenient one may have fewer, since it lets bytes pass that nothing names.
void check_survives(const bytes& file, std::size_t tensors, std::size_t fields) {
  for (const bool lenient : {false, true}) {
    const auto parsed = io::parse_gguf(file, "toy", {.lenient = lenient});
    if (!parsed) {
      CHECK_THAT(parsed.error().message, Catch::StartsWith("toy: "));
      continue;
    }
    CHECK((lenient || parsed->tensors().size() == tensors));
    CHECK((lenient || parsed->metadata().size() == fields));
    CHECK(read_everything(*parsed) != 0);
  }
}

gguf_bytes field(std::string_view key, gguf_type type) {
  return gguf_bytes().header(0, 1).key(key, type);
}
gguf_bytes with_alignment(std::uint32_t alignment) {
  return field("general.alignment", gguf_type::u32).put(alignment);
}

}  // namespace

TEST_CASE("a GGUF file cut at any byte is refused", "[io][gguf]") {
  const bytes file = whole_file();
  REQUIRE(io::parse_gguf(file, "toy"));
  CHECK(read_everything(*io::parse_gguf(file, "toy")) != 0);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    const trilith::error why = test::gguf_refusal(cut);
    CAPTURE(size, why.message);
    CHECK(why.code == errc::truncated);
    CHECK_THAT(why.message, Catch::StartsWith("toy: "));
  }
}

TEST_CASE("any flipped bit of a GGUF header is an error or changes no count", "[io][gguf]") {
  bytes file = whole_file();
  const std::size_t header = file.size() - (160 + 34);
  for (std::size_t bit = 0; bit < 8 * header; ++bit) {
    file[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
    CAPTURE(bit);
    check_survives(file, 5, 8);
    file[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
  }
}

TEST_CASE("GGUF headers with many wrong bytes are survived", "[io][gguf]") {
  const bytes good = whole_file();
  std::uint64_t state = 1;
  const auto draw = [&state](std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  for (int round = 0; round < 5000; ++round) {
    bytes file = good;
    for (std::size_t i = 0; i < 1 + draw(4); ++i)
      file[24 + draw(file.size() - 24)] = static_cast<unsigned char>(draw(256));
    CAPTURE(round);
    check_survives(file, 5, 8);
  }
}

TEST_CASE("huge counts are refused before anything of their size exists", "[io][gguf]") {
  for (const std::uint64_t huge :
       {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40}) {
    check_gguf_refusal(gguf_bytes().header(huge, 0), errc::truncated,
                       trilith::join("expected ", huge, " tensors"));
    check_gguf_refusal(gguf_bytes().header(0, huge), errc::truncated,
                       trilith::join("expected ", huge, " lines of metadata"));
    check_gguf_refusal(field("k", gguf_type::array).array(gguf_type::string, huge).put(0.),
                       errc::truncated, "key \"k\": expected");
    check_gguf_refusal(field("k", gguf_type::array).array(gguf_type::u16, huge).put(0.),
                       errc::truncated, "values of type u16");
    check_gguf_refusal(field("k", gguf_type::string).put(huge).put(0.), errc::truncated,
                       trilith::join("text 0: expected ", huge, " bytes, found 8"));
    check_gguf_refusal(gguf_bytes().header(0, 1).put(huge).data(64), errc::malformed,
                       "key 0: expected at most 65535 bytes");
    check_gguf_refusal(gguf_bytes().header(1, 0).put(huge).data(64), errc::malformed,
                       "the name of tensor 0: expected at most 64 bytes");
  }
}

TEST_CASE("keys of GGUF metadata are ASCII and occur once", "[io][gguf]") {
  const std::string longest(65535, 'k');
  CHECK(io::parse_gguf(field(longest, gguf_type::u8).put('\1').get(), "toy")->find(longest));
  check_gguf_refusal(field(longest + "k", gguf_type::u8).put('\1'), errc::malformed, "65535");
  check_gguf_refusal(field("", gguf_type::u32).put(1), errc::malformed, "expected a name of ASCII");
  check_gguf_refusal(field("k\xC3\xA4", gguf_type::u8).put('\1'), errc::malformed,
                     "key 0: expected a name of ASCII, found \"k\\xC3\\xA4\"");
  gguf_bytes twice;
  twice.header(0, 3).key("b", gguf_type::u8).put('\1').key("a", gguf_type::u8).put('\1');
  twice.key("b", gguf_type::i8).put('\1');
  check_gguf_refusal(twice, errc::malformed, "key \"b\": the metadata has this key twice");
}

TEST_CASE("values of GGUF metadata are of the types there are", "[io][gguf]") {
  check_gguf_refusal(field("k", static_cast<gguf_type>(13)).put(1), errc::malformed,
                     "key \"k\": expected a type from 0 to 12, found 13");
  check_gguf_refusal(field("k", gguf_type::array).array(static_cast<gguf_type>(99), 0),
                     errc::malformed, "expected an element type from 0 to 12, found 99");
  check_gguf_refusal(field("k", gguf_type::array).array(gguf_type::array, 0), errc::unsupported,
                     "key \"k\": expected an array of numbers or texts, found nested arrays");
  check_gguf_refusal(field("k", gguf_type::boolean).put('\2'), errc::malformed,
                     "expected a bool of 0 or 1, found 2");
  const gguf_bytes loose = field("k", gguf_type::boolean).put('\2');
  CHECK(io::parse_gguf(loose.get(), "toy", {.lenient = true}));
}

TEST_CASE("texts of GGUF metadata are UTF-8", "[io][gguf]") {
  check_gguf_refusal(field("k", gguf_type::string).text("abcdefgh\xFF"), errc::malformed,
                     "key \"k\": expected texts of UTF-8, found \"abcdefgh\\xFF\" as text 0");
  gguf_bytes list = field("tokenizer.ggml.tokens", gguf_type::array);
  list.array(gguf_type::string, 3).text("a").text("\xED\xA0\x80").text("b");
  check_gguf_refusal(list, errc::malformed, "as text 1");
  const auto kept = io::parse_gguf(list.get(), "toy", {.lenient = true}).value();
  CHECK(kept.find("tokenizer.ggml.tokens")->size() == 3);
}

TEST_CASE("the alignment of a GGUF file is a power of two", "[io][gguf]") {
  CHECK(io::parse_gguf(with_alignment(64).get(), "toy")->alignment() == 64);
  CHECK(io::parse_gguf(with_alignment(1).get(), "toy")->alignment() == 1);
  for (const std::uint32_t bad : {0u, 24u, 33u, 0xFFFFFFFFu})
    check_gguf_refusal(with_alignment(bad), errc::malformed,
                       trilith::join("key \"general.alignment\": expected a power of two below "
                                     "2^32, found ",
                                     bad));
  check_gguf_refusal(field("general.alignment", gguf_type::u64).put(std::uint64_t{1} << 32),
                     errc::malformed, "found 4294967296");
  check_gguf_refusal(field("general.alignment", gguf_type::f32).put(32.f), errc::malformed,
                     "expected a u32, found f32");
  gguf_bytes far = with_alignment(1u << 31);
  bytes one_tensor = far.tensor("x", {1}, 0, 0).data(4).get();
  one_tensor[8] = 1;
  const trilith::error why = test::gguf_refusal(one_tensor);
  CHECK(why.code == errc::truncated);
  CHECK_THAT(why.message, Catch::Contains("expected tensors from offset 2147483648"));
}

TEST_CASE("names of GGUF tensors are UTF-8, short and unique", "[io][gguf]") {
  const auto refused = [](std::string_view name, std::string_view words) {
    check_gguf_refusal(gguf_bytes().header(1, 0).tensor(name, {1}, 0, 0).data(4), errc::malformed,
                       words);
  };
  refused("", "tensor 0: expected a name of UTF-8");
  refused("a\xFF", "found \"a\\xFF\"");
  refused(std::string(65, 'n'), "expected at most 64 bytes, found a length of 65");
  const gguf_bytes longest =
      gguf_bytes().header(1, 0).tensor(std::string(64, 'n'), {1}, 0, 0).data(4);
  CHECK(io::parse_gguf(longest.get(), "toy"));
  gguf_bytes twice;
  twice.header(2, 0).tensor("x", {1}, 0, 0).tensor("x", {1}, 0, 32).data(36);
  check_gguf_refusal(twice, errc::malformed, "tensor \"x\": the file has this name twice");
}

TEST_CASE("dimensions of GGUF tensors are at most 4, and their product is counted", "[io][gguf]") {
  const auto refused = [](const std::vector<std::uint64_t>& dims, std::uint32_t type, errc code,
                          std::string_view words) {
    check_gguf_refusal(gguf_bytes().header(1, 0).tensor("x", dims, type, 0).data(64), code, words);
  };
  refused({1, 1, 1, 1, 1}, 0, errc::malformed,
          "tensor \"x\": expected at most 4 dimensions, found 5");
  const std::uint64_t big = std::uint64_t{1} << 32;
  refused({big, big}, 0, errc::malformed, "[4294967296, 4294967296] give 2^60 weights or more");
  refused({big, big, 0}, 0, errc::malformed, "2^60");
  refused({~std::uint64_t{0}}, 36, errc::malformed, "2^60");
  refused({big / 16, big / 2}, 28, errc::truncated, "expected 4611686018427387904 bytes");
  refused({big / 16, big / 2}, 36, errc::truncated, "expected 144115188075855904 bytes");
  refused({big / 16, big / 2}, 39, errc::truncated, "(TL2)");
  gguf_bytes many;
  many.header(1, 0).text("x").put(std::uint32_t{0xFFFFFFFF}).data(64);
  check_gguf_refusal(many, errc::malformed, "found 4294967295");
}

TEST_CASE("GGUF tensors follow each other without overlap or hole", "[io][gguf]") {
  const auto refused = [](std::uint64_t first, std::uint64_t second, std::string_view words,
                          std::uint32_t type = 0) {
    gguf_bytes file;
    file.header(2, 0).tensor("a", {32}, type, first).tensor("b", {1}, 0, second).data(256);
    check_gguf_refusal(file, errc::malformed, words);
  };
  refused(0, 130, "tensor \"b\": expected its data offset to be a multiple of 32, found 130");
  refused(0, 96,
          "tensor \"b\": expected its bytes at data offset 128, found them at 96: they overlap");
  refused(0, 0, "they overlap");
  refused(0, 160, "found them at 160: there is a hole");
  refused(0, ~std::uint64_t{0} - 31, "there is a hole");
  refused(32, 160, "tensor \"a\": expected its bytes at data offset 0");
  refused(128, 0, "tensor \"a\": expected its bytes at data offset 0");
  refused(0, 96, "tensor \"a\": expected 40 bytes for [32] of I2_S", 36);
  refused(0, 96, "tensor \"a\": expected 17 (MXFP4) bytes for [32] of type 39, found room for 96",
          39);
}

TEST_CASE("names from a damaged GGUF file are shortened and printable", "[io][gguf]") {
  const std::string name = "a\x01\n" + std::string(1000, 'x');
  const trilith::error why = test::gguf_refusal(field(name, gguf_type::boolean).put('\7').get());
  CHECK(why.message.size() < 200);
  CHECK_THAT(why.message, Catch::Contains("a\\x01\\x0Axxx"));
}

TEST_CASE("files that are no files are refused in words", "[io][gguf]") {
  CHECK(io::open_gguf("no/such/file.gguf").error().code == errc::file_not_found);
  CHECK_THAT(io::open_gguf("no/such/file.gguf").error().message,
             Catch::StartsWith("no/such/file.gguf: "));
  CHECK(test::gguf_refusal({}).code == errc::truncated);
}
