#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/tokenizer.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text_fixture.hpp"

namespace text = trilith::text;
using trilith::errc;

namespace {

text::tokenizer toy(text::vocabulary words) {
  return text::make_tokenizer(std::move(words), "toy").value();
}

constexpr text::encode_options plain{.bos = false};

}  // namespace

TEST_CASE("encodings equal SentencePiece's, from .model and from .bin", "[text]") {
  if (test::model_path().empty() || test::bin_path().empty()) return;
  const text::tokenizer model = text::load_tokenizer(test::model_path()).value();
  const text::tokenizer bin = text::load_tokenizer(test::bin_path()).value();
  for (const test::sentencepiece_case& c : test::sentencepiece_cases) {
    if (c.kind != 'e') continue;
    const std::string given = test::from_hex(c.given);
    INFO(given);
    CHECK(*model.encode(given, plain) == test::from_list(c.collapsed));
    CHECK(*bin.encode(given, plain) == test::from_list(c.with_spaces()));
  }
}

TEST_CASE("the stories' tokens survive decoding and encoding", "[text]") {
  const std::string path = test::data_file("models/bitnet-stories-1M/tokens_cs336_stories.txt");
  if (path.empty() || test::model_path().empty() || test::bin_path().empty()) return;
  const std::string lines = test::contents_of(path);
  const text::tokenizer model = text::load_tokenizer(test::model_path()).value();
  const text::tokenizer bin = text::load_tokenizer(test::bin_path()).value();
  int stories = 0;
  for (std::size_t at = 0; at < lines.size(); ++stories) {
    const std::size_t end = lines.find('\n', at);
    const test::tokens tokens = test::from_list(lines.substr(at, end - at));
    const std::string story = *model.decode(tokens);
    CHECK(story == *bin.decode(tokens));
    CHECK(*bin.encode(story) == tokens);
    CHECK(*model.encode(story) == tokens);
    at = end == lines.npos ? lines.size() : end + 1;
  }
  CHECK(stories == 5);
}

TEST_CASE("merges take the best score, leftmost first", "[text]") {
  const text::tokenizer ab =
      toy(test::toy_vocabulary({"ab", "bc", "abc", "aa", "a", "b", "c", " "}));
  const auto name = [&](std::int32_t t) { return ab.vocab().pieces[std::size_t(t)].text; };
  const auto pieces = [&](std::string_view s) {
    std::string out;
    for (const std::int32_t t : ab.encode(s, plain).value()) out += name(t) + "|";
    return out;
  };
  CHECK(pieces("abc") == " |abc|");
  CHECK(pieces("bc") == " |bc|");
  CHECK(pieces("aaa") == " |aa|a|");
  CHECK(pieces("aab") == " |a|ab|");
  CHECK(pieces("bcab") == " |bc|ab|");
}

TEST_CASE("BOS and EOS are options, and an empty text has nothing else", "[text]") {
  const text::tokenizer t = toy(test::toy_vocabulary({" a", "a", " "}));
  CHECK(*t.encode("") == test::tokens{1});
  CHECK(*t.encode("", {.bos = false}) == test::tokens{});
  CHECK(*t.encode("a", {.bos = true, .eos = true}) == test::tokens{1, 259, 2});
  text::vocabulary none = t.vocab();
  none.bos = none.eos = -1;
  CHECK(*toy(none).encode("a", {.bos = true, .eos = true}) == test::tokens{259});
}

TEST_CASE("the spelling of a special token stays text", "[text]") {
  const text::tokenizer t = toy(test::toy_vocabulary({"<", "s", ">", " ", "/", "0", "x", "A"}));
  for (const std::string_view s : {"<s>", "</s>", "<unk>", "<0x0A>", "\n<s>\n"}) {
    for (const std::int32_t token : t.encode(s, plain).value()) CHECK(token > 2);
    CHECK(*t.decode(*t.encode(s)) == s);
  }
  CHECK(t.encode("<0x0A>", plain)->size() == 7);  // six characters and the space in front
}

TEST_CASE("characters outside the vocabulary become bytes, or one unknown token", "[text]") {
  const text::tokenizer bytes = toy(test::toy_vocabulary({" ", "a"}));
  CHECK(*bytes.encode("\xC3\xA9", plain) == test::tokens{259, 3 + 0xC3, 3 + 0xA9});
  const text::tokenizer without = toy(test::toy_vocabulary({" ", "a"}, false));
  CHECK(*without.encode("xyz a", plain) == test::tokens{3, 0, 3, 4});
  CHECK(*without.decode(test::tokens{3, 0, 3, 4}) == " \xE2\x81\x87  a");
}

TEST_CASE("user-defined pieces are matched whole, the longest first", "[text]") {
  text::vocabulary words = test::toy_vocabulary({"ab", "a", "b", " ", "c", "ca"});
  for (const char* s : {"aba", "abac"})
    words.pieces.push_back({s, 0, text::piece_kind::user_defined});
  const text::tokenizer t = toy(words);
  CHECK(*t.encode("abaca", plain) == test::tokens{262, 266, 260});
  CHECK(*t.encode("cabab", plain) == test::tokens{262, 263, 265, 261});
}

TEST_CASE("without a dummy prefix text begins as it is", "[text]") {
  text::vocabulary words = test::toy_vocabulary({" a", "a", " "});
  words.dummy_prefix = false;
  CHECK(*toy(words).encode("a a", plain) == test::tokens{260, 259});
  CHECK(*toy(words).decode(test::tokens{259}) == " a");
}

TEST_CASE("invalid UTF-8 is an error that names the byte, or U+FFFD", "[text]") {
  const text::tokenizer t = toy(test::toy_vocabulary({" ", "a", "\xEF\xBF\xBD"}));
  const auto refused = t.encode(
      "aa\xFF"
      "a");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_value);
  CHECK_THAT(refused.error().message, Catch::Contains("byte 2 of 4, \\xFF"));
  CHECK(!t.encode("\xED\xA0\x80"));
  CHECK(!t.encode("a\xE2\x82"));
  CHECK(*t.encode("a\xE2\x82", {.bos = false, .invalid = text::invalid_utf8::replace}) ==
        test::tokens{259, 260, 261, 261});
}

TEST_CASE("an empty tokenizer encodes nothing and says so", "[text]") {
  const text::tokenizer none;
  CHECK(none.size() == 0);
  REQUIRE(!none.encode("a"));
  CHECK(none.encode("a").error().code == errc::invalid_argument);
  CHECK(*none.decode({}) == "");
  CHECK(!none.decode(test::tokens{0}));
}

TEST_CASE("a megabyte is encoded, and half of it into half the tokens", "[text]") {
  const text::tokenizer t =
      toy(test::toy_vocabulary({" the", " cat", " sat", "aaaa", "aa", " t", "he", " c", "at", " s",
                                "t", "h", "e", "c", "a", "s", " "}));
  std::string half;
  while (half.size() < (std::size_t{1} << 19)) half += " the cat sat";
  const std::size_t tokens = t.encode(half.substr(1), plain)->size();
  CHECK(tokens == half.size() / 12 * 3);
  CHECK(t.encode((half + half).substr(1), plain)->size() == 2 * tokens);
  // one run of equal merges, the worst case for a queue that goes stale
  CHECK(t.encode(std::string(std::size_t{1} << 20, 'a'), plain)->size() == 1 + (1u << 18));
}

TEST_CASE("words are encoded alone as they are in the text", "[text]") {
  const std::string words = test::data_file("tokenizers/tok512.model");
  const std::string corpus = test::data_file("corpora/tinyshakespeare.txt");
  if (words.empty() || corpus.empty()) return;
  const text::tokenizer by_word = text::load_sentencepiece(words).value();
  REQUIRE(by_word.index().parts_at_spaces);
  text::vocabulary more = by_word.vocab();
  more.pieces.push_back({.text = "\x01 \x01"});  // a piece with a space inside: no cut is safe
  const text::tokenizer at_once = text::make_tokenizer(more, "more").value();
  REQUIRE_FALSE(at_once.index().parts_at_spaces);
  std::string given = test::contents_of(corpus).substr(0, 300'000);
  given += "  two  spaces \xE2\x96\x81 \xF0\x9F\x98\x80  \n  x ";
  CHECK(by_word.encode(given).value() == at_once.encode(given).value());
}
