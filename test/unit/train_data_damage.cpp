#include <cstring>

#include "train_data_fixture.hpp"

using namespace test;
using bytes = std::vector<unsigned char>;

namespace {

/// The checksum of docs/token_file.md, once more.
std::uint64_t checksum(const bytes& b, std::size_t begin, std::size_t end) {
  std::uint64_t h = 0;
  for (std::size_t at = begin; at < end; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, b.data() + at, 8);
    h = (h ^ word) * 0x9E3779B97F4A7C15;
    h ^= h >> 32;
  }
  return h;
}
void put(bytes& b, std::size_t at, std::uint64_t value, std::size_t size = 8) {
  std::memcpy(b.data() + at, &value, size);
}
/// Checksums that fit, so that what else is wrong is found.
void seal(bytes& b) {
  put(b, 64 - 8, checksum(b, 128, b.size()));
  put(b, 120, checksum(b, 0, 120));
}

void check_refusal(const written_tokens& with, const bytes& b, errc code, std::string_view words) {
  const std::string path = with.where.file("damaged");
  with.where.remove("damaged");  // writing over a file may wait for the disk, thousands of times
  write_file(path, std::string(b.begin(), b.end()));
  const auto file = tl::open_tokens(path, with.words);
  REQUIRE(!file);
  CAPTURE(file.error().message);
  CHECK(file.error().code == code);
  CHECK(file.error().message.find("damaged: ") != std::string::npos);
  CHECK(file.error().message.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a token file cut anywhere is refused", "[train]") {
  const written_tokens with("train_data_cut", 30);
  const bytes whole = bytes_of_file(with.path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    if (size == 0)
      check_refusal(with, cut, errc::malformed, "found something else");
    else
      check_refusal(with, cut, errc::truncated,
                    size < 128 ? "expected a header of 128 bytes" : "the file should have ");
  }
  bytes longer = whole;
  longer.resize(whole.size() + 8);
  check_refusal(with, longer, errc::malformed, "by its header the file should have ");
}

TEST_CASE("every flipped bit of a token file is noticed", "[train]") {
  const written_tokens with("train_data_flipped", 10);
  const bytes whole = bytes_of_file(with.path);
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      bytes flipped = whole;
      flipped[at] = static_cast<unsigned char>(flipped[at] ^ 1 << bit);
      const bool is_version = at >= 8 && at < 12;
      check_refusal(with, flipped, is_version ? errc::unsupported : errc::malformed,
                    at < 8       ? "found something else"
                    : is_version ? "expected version 1 of the token file, found version "
                    : at < 128   ? "the header is damaged"
                                 : "the tokens are damaged");
    }
}

TEST_CASE("what contradicts itself behind good checksums is refused", "[train]") {
  const written_tokens with("train_data_sealed", 30);
  const bytes whole = bytes_of_file(with.path);
  const std::size_t table = with.open().table_offset();
  const auto check = [&](std::size_t at, std::uint64_t value, std::size_t size, errc code,
                         std::string_view words) {
    bytes b = whole;
    put(b, at, value, size);
    seal(b);
    check_refusal(with, b, code, words);
  };
  CHECK_NOTHROW(with.open());
  check(12, 4, 4, errc::malformed, "contradicts itself");
  check(16, 0, 8, errc::malformed, "contradicts itself");
  check(16, 70000, 8, errc::malformed, "contradicts itself");
  check(24, 0, 8, errc::malformed, "contradicts itself");
  check(24, ~std::uint64_t{0}, 8, errc::truncated, "the file should have ");
  check(32, 0, 8, errc::malformed, "contradicts itself");
  check(32, 2, 8, errc::truncated, "the file should have ");
  check(40, 7, 8, errc::malformed, "7 bytes of text");
  check(48, 1, 8, errc::mismatch, "another tokenizer's");
  check(128 + 10, 300, 2, errc::invalid_value, "token 5 is 300; expected one below 268");
  check(table, 3, 8, errc::malformed, "found 3 and ");
  check(table, 0, 8, errc::malformed, "its end is out of order");
  check(table, ~std::uint64_t{0}, 8, errc::malformed, "its end is out of order");
  check(table + 8, 1, 8, errc::malformed, "bytes of text, found ");
}

TEST_CASE("tokens of another tokenizer and foreign files are refused", "[train]") {
  const written_tokens with("train_data_foreign", 30);
  const auto other = tl::open_tokens(with.path, large_tokenizer(300));
  REQUIRE(!other);
  CHECK(other.error().code == errc::mismatch);
  CHECK(other.error().message.find("expected 300 pieces with hash ") != std::string::npos);
  const auto foreign = tl::open_tokens(with.where.file("tale.txt"));
  REQUIRE(!foreign);
  CHECK(foreign.error().message.find("\"TLTOKENS\", found something else") != std::string::npos);
  CHECK(tl::open_tokens(with.where.file("absent")).error().code == errc::file_not_found);
}
