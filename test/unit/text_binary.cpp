#include <trilith/text/load_tokenizer.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text_byte_fixture.hpp"

namespace text = trilith::text;
using text::piece_kind;
using text::pre_tokenizer;
using trilith::errc;
using bytes = std::vector<unsigned char>;

namespace {

/// A byte-level vocabulary that has everything a vocabulary can have.
text::vocabulary full() {
  text::vocabulary out = test::byte_vocabulary({"ab", "abc", " \xF0\x9F"}, {"<s>", "</s>", "<eot>"},
                                               pre_tokenizer::qwen2);
  out.pieces.push_back({"<u>", 0, piece_kind::user_defined, true, true});
  out.pieces.push_back({"[unused]", 0, piece_kind::unused});
  out.merges = {{'a', 'b'}, {256, 'c'}};
  out.bos = 259;
  out.eos = 260;
  out.stop = {261};
  out.nfc = out.dummy_prefix = true;
  return out;
}

trilith::error refusal_of(const bytes& b) {
  const auto read = text::parse_tokenizer(b, "toy");
  REQUIRE(!read);
  return read.error();
}

}  // namespace

TEST_CASE("byte-level tokenizers survive serialising", "[text]") {
  if (!test::has_byte_level()) return;
  std::vector<text::vocabulary> all(4, full());
  all[1].merges.clear();
  all[1].ignore_merges = true;
  all[2].pieces[3].score = -2.5f;
  all[2].stop.clear();
  all[3].pieces[256].text.assign(65535, 'x');
  all[3].merges.clear();
  for (const text::vocabulary& words : all) {
    const text::tokenizer t = test::byte_tokenizer(words);
    const text::tokenizer read = text::parse_tokenizer(text::serialize(t), "toy").value();
    CHECK(read.vocab() == words);
    CHECK(*read.encode("abc<u> <s>ab") == *t.encode("abc<u> <s>ab"));
  }
}

TEST_CASE("SentencePiece's vocabularies with stop tokens survive serialising, too", "[text]") {
  text::vocabulary words = test::toy_vocabulary({" a", "a", "b"});
  words.stop = {1, 2};
  words.collapse_spaces = true;
  const bytes saved = text::serialize(text::make_tokenizer(words, "toy").value());
  CHECK(text::parse_tokenizer(saved, "toy")->vocab() == words);
  CHECK(text::parse_sentencepiece(saved, "toy")->vocab() == words);
  words.stop.clear();
  words.pieces[260].strip_left = true;
  const bytes strips = text::serialize(text::make_tokenizer(words, "toy").value());
  CHECK(text::parse_sentencepiece(strips, "toy")->vocab() == words);
}

TEST_CASE("the layout is as documented", "[text]") {
  if (!test::has_byte_level()) return;
  const bytes saved = text::serialize(test::byte_tokenizer(full()));
  const std::string_view begin(reinterpret_cast<const char*>(saved.data()), 8);
  CHECK(begin == "TLTOKEN1");
  const bytes rules(saved.begin() + 8, saved.begin() + 8 + 2 + 12 + 8 + 4);
  CHECK(rules == bytes{3, 1 | 4, 255, 255, 255, 255, 3, 1, 0, 0, 4, 1, 0, 0,  // unknown, BOS, EOS
                       1, 0,     0,   0,   5,   1,   0, 0,                    // stop
                       8, 1,     0,   0});                                    // 264 pieces
  const bytes first(saved.begin() + 34, saved.begin() + 38);
  CHECK(first == bytes{0, 1, 0, 0});
  CHECK(saved.size() == 34 + 264 * 3 + 256 + 2 + 3 + 3 + 3 + 4 + 5 + 3 + 8 + 4 + 16);
}

TEST_CASE("a serialised tokenizer cut anywhere, or prolonged, is an error", "[text]") {
  if (!test::has_byte_level()) return;
  bytes saved = text::serialize(test::byte_tokenizer(full()));
  for (std::size_t n = 0; n < saved.size(); ++n) {
    const auto cut = text::parse_tokenizer(std::span(saved).first(n), "cut");
    REQUIRE(!cut);
    if (n >= 8) CHECK(cut.error().code == errc::truncated);
  }
  saved.push_back(0);
  CHECK(refusal_of(saved).code == errc::malformed);
  CHECK_THAT(refusal_of(saved).message, Catch::Contains("found 1 bytes more"));
}

TEST_CASE("counts larger than a serialised tokenizer are refused at once", "[text]") {
  if (!test::has_byte_level()) return;
  const bytes saved = text::serialize(test::byte_tokenizer(full()));
  for (const std::size_t at : {22u, 30u, unsigned(saved.size() - 20)}) {
    bytes huge = saved;
    for (std::size_t i = 0; i < 4; ++i) huge[at + i] = 0xFF;
    CHECK(refusal_of(huge).code == errc::truncated);
    CHECK_THAT(refusal_of(huge).message, Catch::Contains("4294967295"));
  }
  bytes unknown = saved;
  unknown[8] = 99;
  CHECK(refusal_of(unknown).code == errc::unsupported);
  CHECK_THAT(refusal_of(unknown).message, Catch::Contains("pre-tokenizer 99"));
  unknown = saved;
  unknown[9] = 200;
  CHECK_THAT(refusal_of(unknown).message, Catch::Contains("its rules are 200"));
  unknown = saved;
  unknown[34] = 7;
  CHECK_THAT(refusal_of(unknown).message, Catch::Contains("piece 0 is of kind 7"));
}

TEST_CASE("a serialised tokenizer with flipped bits is an error or usable", "[text]") {
  if (!test::has_byte_level()) return;
  const bytes saved = text::serialize(test::byte_tokenizer(full()));
  std::uint64_t state = 3;
  const auto next = [&](std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  std::size_t usable = 0;
  for (int round = 0; round < 4000; ++round) {
    bytes damaged = saved;
    for (std::size_t flips = 1 + next(2); flips != 0; --flips)
      damaged[next(damaged.size())] ^= static_cast<unsigned char>(1u << next(8));
    const auto read = text::parse_tokenizer(damaged, "damaged");
    if (!read) {
      CHECK(!read.error().message.empty());
      continue;
    }
    ++usable;
    const auto encoded = read->encode("abc <u> \xF0\x9F\x98\x80 123\n\n");
    INFO((encoded ? std::string() : encoded.error().message));
    REQUIRE(encoded);
    CHECK(read->decode(*encoded));
  }
  CHECK(usable > 0);
}
