#include <trilith/text/load_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "text_fixture.hpp"

namespace text = trilith::text;
using trilith::errc;
using bytes = std::vector<unsigned char>;

namespace {

trilith::error refusal_of(const bytes& b) {
  const auto read = text::parse_tokenizer(b, "toy");
  REQUIRE(!read);
  return read.error();
}

}  // namespace

TEST_CASE("counts larger than the file are refused before anything is allocated", "[text]") {
  const bytes huge{0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 'a'};
  CHECK(refusal_of(huge).code == errc::truncated);
  const bytes negative{9, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0xFF, 0xFF, 0xFF, 'a'};
  CHECK_THAT(refusal_of(negative).message, Catch::Contains("length -16"));
  const bytes longer{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 'a', 'b'};
  CHECK_THAT(refusal_of(longer).message, Catch::Contains("expected 1 to 1"));
}

TEST_CASE("a file cut anywhere is an error or a smaller vocabulary", "[text]") {
  if (test::model_path().empty() || test::bin_path().empty()) return;
  const bytes model = test::bytes_of_file(test::model_path());
  for (std::size_t n = 0; n < model.size(); ++n)
    if (text::parse_tokenizer(std::span(model).first(n), "cut")) FAIL("read from " << n);
  const bytes bin = test::bytes_of_file(test::bin_path());
  std::size_t smaller = 0;
  for (std::size_t n = 0; n < bin.size(); ++n) {
    const auto cut = text::parse_tokenizer(std::span(bin).first(n), "cut");
    if (!cut) continue;
    ++smaller;
    CHECK((cut->size() == 3 || cut->size() >= 259));
    CHECK(cut->encode("Once upon"));
  }
  CHECK(smaller == 254);  // after piece 2, 258, 259, ..., 510
  const text::tokenizer rules = text::load_tokenizer(test::model_path()).value();
  const bytes saved = text::serialize(rules);
  for (std::size_t n = bin.size() + 1; n < saved.size(); ++n)
    CHECK(!text::parse_tokenizer(std::span(saved).first(n), "cut"));
}

TEST_CASE("a file with flipped bits is an error or a usable vocabulary", "[text]") {
  if (test::model_path().empty() || test::bin_path().empty()) return;
  const bytes saved = text::serialize(text::load_tokenizer(test::model_path()).value());
  std::uint64_t state = 1;
  const auto next = [&](std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  for (const bytes& whole : {test::bytes_of_file(test::model_path()), saved})
    for (int round = 0; round < 1500; ++round) {
      bytes damaged = whole;
      for (std::size_t flips = 1 + next(4); flips != 0; --flips)
        damaged[next(damaged.size())] ^= static_cast<unsigned char>(1u << next(8));
      const auto read = text::parse_tokenizer(damaged, "damaged");
      if (!read) {
        CHECK(!read.error().message.empty());
        continue;
      }
      const auto tokens = read->encode("  Once upon a time, \xF0\x9F\x98\x80\n");
      REQUIRE(tokens);
      CHECK(read->decode(*tokens));
    }
}
