#include <trilith/text/byte_level.hpp>
#include <trilith/text/streaming_decoder.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sanitized.hpp"
#include "text_byte_fixture.hpp"

namespace text = trilith::text;
using test::tokens;
using text::piece_kind;
using text::pre_tokenizer;
using trilith::errc;

namespace {

constexpr text::encode_options plain{.bos = false};
constexpr text::encode_options parsing{.bos = false, .special = text::special_text::parse};

trilith::error refusal_of(text::vocabulary words) {
  const auto made = text::make_byte_level_tokenizer(std::move(words), "toy");
  REQUIRE(!made);
  return made.error();
}

/// The texts of the tokens, with bars between them.
std::string pieces_of(const text::tokenizer& t, std::string_view s,
                      text::encode_options options = plain) {
  std::string out;
  for (const std::int32_t token : t.encode(s, options).value())
    out += t.vocab().pieces[static_cast<std::size_t>(token)].text + "|";
  return out;
}

}  // namespace

TEST_CASE("bytes merge by the lowest token where no merges are listed", "[text]") {
  if (!test::has_byte_level()) return;
  const text::tokenizer t =
      test::byte_tokenizer(test::byte_vocabulary({"ab", "bc", "abc", "aa", "aaa", " a"}));
  CHECK(pieces_of(t, "abc") == "abc|");
  CHECK(pieces_of(t, "bcab") == "bc|ab|");
  CHECK(pieces_of(t, "aaaa") == "aa|aa|");
  CHECK(pieces_of(t, "aaaaa") == "aa|aaa|");
  CHECK(pieces_of(t, "a ab") == "a| |ab|");  // "ab" comes before " a"
  CHECK(t.encode("").value().empty());
}

TEST_CASE("listed merges go by their order, and only those are made", "[text]") {
  if (!test::has_byte_level()) return;
  text::vocabulary words = test::byte_vocabulary({"ab", "bc", "abc"});
  words.merges = {{'b', 'c'}, {'a', 257}, {'a', 'b'}};
  CHECK(pieces_of(test::byte_tokenizer(words), "abcab") == "abc|ab|");
  words.merges = {{'b', 'c'}, {'a', 'b'}};
  CHECK(pieces_of(test::byte_tokenizer(words), "abcab") == "a|bc|ab|");
  words.ignore_merges = true;
  CHECK(pieces_of(test::byte_tokenizer(words), "abc abcab") == "abc| |a|bc|ab|");
}

TEST_CASE("control pieces are made from text only on request", "[text]") {
  if (!test::has_byte_level()) return;
  text::vocabulary words = test::byte_vocabulary({"|>"}, {"<|eot|>", "<|eot|>x", "<|"});
  words.bos = 257;
  words.eos = 258;
  words.stop = {259};
  const text::tokenizer t = test::byte_tokenizer(words);
  CHECK(t.encode("<|eot|>", plain)->size() == 6);
  CHECK(*t.encode("a<|eot|>xb<|eot|><|c<", parsing) == tokens{'a', 258, 'b', 257, 259, 'c', '<'});
  CHECK(*t.encode("a", {.bos = true, .eos = true}) == tokens{257, 'a', 258});
  CHECK(t.find("<|eot|>") == 257);
  CHECK(t.find("|>") == 256);
  CHECK(t.find("a") == 'a');
  CHECK(t.find("nothing") == -1);
  CHECK(t.find("") == -1);
  CHECK(*t.decode(tokens{257, 'a', 259, 258}) == "a");
}

TEST_CASE("user-defined pieces are matched in any text, and strip spaces if they say so",
          "[text]") {
  if (!test::has_byte_level()) return;
  text::vocabulary words = test::byte_vocabulary({"<t>", "<t", "<u>"});
  for (const std::size_t i : {256u, 257u, 258u}) words.pieces[i].kind = piece_kind::user_defined;
  words.pieces[256].strip_left = true;
  words.pieces[258].strip_right = true;
  const text::tokenizer t = test::byte_tokenizer(words);
  CHECK(*t.encode("a \n<t> b<tx <u> \tc<u>", plain) ==
        tokens{'a', 256, ' ', 'b', 257, 'x', ' ', 258, 'c', 258});
  CHECK(*t.decode(tokens{256, 'a'}) == "<t>a");
}

TEST_CASE("bytes that are not UTF-8 are an error, or U+FFFD", "[text]") {
  if (!test::has_byte_level()) return;
  const text::tokenizer t = test::byte_tokenizer(test::byte_vocabulary({"\xEF\xBF\xBD"}));
  const auto refused = t.encode("12345678a\xC3(");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_value);
  CHECK_THAT(refused.error().message, Catch::Contains("byte 9 of 11, \\xC3"));
  const text::encode_options replace{.bos = false, .invalid = text::invalid_utf8::replace};
  CHECK(*t.encode("a\xC3(", replace) == tokens{'a', 0xEF, 0xBF, 0xBD, '('});
}

TEST_CASE("a stream holds back the bytes of unfinished characters", "[text]") {
  if (!test::has_byte_level()) return;
  const text::tokenizer t = test::byte_tokenizer(test::byte_vocabulary({"a\xE4\xBD", "\xA0\xE5"}));
  text::streaming_decoder decoder(t);
  CHECK(decoder.push(256) == "a");
  CHECK(decoder.push(257) == "\xE4\xBD\xA0");
  CHECK(decoder.push('b') ==
        "\xEF\xBF\xBD"
        "b");
  CHECK(decoder.push(0xE5).empty());
  CHECK(decoder.finish() == "\xEF\xBF\xBD");
}

TEST_CASE("runs of a megabyte take the time of other text, and come back", "[text]") {
  if (!test::has_byte_level()) return;
  constexpr std::size_t n = std::size_t{1} << (test::is_sanitized ? 17 : 20);
  for (const pre_tokenizer pre : {pre_tokenizer::llama3, pre_tokenizer::gpt2, pre_tokenizer::qwen2,
                                  pre_tokenizer::digits_gpt2, pre_tokenizer::ggml_default}) {
    const text::tokenizer t = test::byte_tokenizer(
        test::byte_vocabulary({"aa", "aaaa", "  ", "    ", "\n\n", "11", "!!"}, {}, pre));
    for (const char* unit :
         {"a", " ", "\n", "1", "!", "\xE4\xBD\xA0", " \n", "\t", "'s", "\r\n "}) {
      std::string run;
      while (run.size() < n) run += unit;
      const auto encoded = t.encode(run, plain);
      REQUIRE(encoded);
      CHECK(*t.decode(*encoded) == run);
      CHECK(*t.decode(*t.encode(run + "x", plain)) == run + "x");
    }
  }
  const text::tokenizer t = test::byte_tokenizer(test::byte_vocabulary({"aa", "aaaa"}));
  CHECK(t.encode(std::string(n, 'a'), plain)->size() == n / 4);
}

TEST_CASE("a word is encoded alike wherever and how often it stands", "[text]") {
  if (!test::has_byte_level()) return;
  const text::tokenizer t =
      test::byte_tokenizer(test::byte_vocabulary({" th", " the", "at", "he"}));
  std::string all;
  tokens expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string word = " the" + std::string(static_cast<std::size_t>(i % 37), 'x') + "at";
    const tokens one = *t.encode(word, plain);
    all += word;
    expected.insert(expected.end(), one.begin(), one.end());
  }
  CHECK(*t.encode(all, plain) == expected);
}

TEST_CASE("the pre-tokeniser of llama.cpp's default cuts as its four expressions do", "[text]") {
  if (!test::has_byte_level()) return;
  // every pair that could join across a cut is a piece, so that a missing cut would show
  const text::tokenizer t = test::byte_tokenizer(test::byte_vocabulary(
      {"12", "34", "45", "123", "456", " 1", "a.", ".b", "--", "'s", " b", "7 "}, {},
      pre_tokenizer::ggml_default));
  CHECK(pieces_of(t, "1234567") == "123|456|7|");
  CHECK(pieces_of(t, "a 12") == "a| |12|");
  CHECK(pieces_of(t, "a.b--it's b") == "a|.|b|--|i|t|'|s| b|");
  CHECK(pieces_of(t, "12.1234") == "12|.|123|4|");
}

TEST_CASE("a space is put in front where the vocabulary says so", "[text]") {
  if (!test::has_byte_level()) return;
  text::vocabulary words = test::byte_vocabulary({" a"});
  words.dummy_prefix = true;
  const text::tokenizer t = test::byte_tokenizer(words);
  CHECK(*t.encode("a", plain) == tokens{256});
  CHECK(*t.encode(" a", plain) == tokens{256});
  CHECK(*t.decode(tokens{256}) == "a");
}

TEST_CASE("text is composed where the vocabulary says so", "[text]") {
  if (!test::has_byte_level()) return;
  text::vocabulary words = test::byte_vocabulary({"\xC3\xA9"});
  words.nfc = true;
  const text::tokenizer t = test::byte_tokenizer(words);
  CHECK(*t.encode("e\xCC\x81 e\xCC\x81", plain) == tokens{256, ' ', 256});
  words.nfc = false;
  CHECK(*test::byte_tokenizer(words).encode("e\xCC\x81", plain) == tokens{'e', 0xCC, 0x81});
}

TEST_CASE("byte-level vocabularies that contradict themselves are refused in words", "[text]") {
  if (!test::has_byte_level()) return;
  const auto check = [](auto change, std::string_view words, errc code = errc::malformed) {
    text::vocabulary wrong = test::byte_vocabulary({"ab", "cd"}, {"<s>"});
    wrong.merges = {{'a', 'b'}};
    change(wrong);
    const trilith::error why = refusal_of(wrong);
    CHECK(why.code == code);
    CHECK_THAT(why.message, Catch::Contains(std::string(words)) && Catch::StartsWith("toy"));
  };
  check([](auto& v) { v.pieces[256].text = ""; }, "piece 256, \"\", is empty");
  check([](auto& v) { v.pieces[257].text = "ab"; }, "is spelled like piece 256");
  check([](auto& v) { v.pieces[7].text = "xyz"; }, "no piece is the single byte \\x07");
  check([](auto& v) { v.pieces[7].kind = piece_kind::byte; }, "is a byte piece");
  check([](auto& v) { v.pieces[258].text = "<\xE4\xBD"; }, "is not valid UTF-8");
  check([](auto& v) { v.pieces[9].score = -1.0f / 0.0f; }, "not finite");
  check([](auto& v) { v.merges.push_back({'a', 259}); }, "merge 1 is of tokens 97 and 259");
  check([](auto& v) { v.merges.push_back({-1, 2}); }, "merge 1 is of tokens -1 and 2");
  check([](auto& v) { v.merges.push_back({'a', 258}); }, "expected two that are text");
  check([](auto& v) { v.merges.push_back({'a', 'c'}); }, "makes \"ac\", which is no piece");
  check([](auto& v) { v.bos = 259; }, "the begin-of-text token is 259");
  check([](auto& v) { v.eos = 256; }, "is the end-of-text token, but not marked so");
  check([](auto& v) { v.stop = {300}; }, "the stop token is 300");
  check([](auto& v) { v.collapse_spaces = true; }, "collapses spaces", errc::unsupported);
  check([](auto& v) { v.pre = pre_tokenizer::none; }, "names no pre-tokenizer",
        errc::invalid_argument);
}

TEST_CASE("the two makers of tokenizers name each other", "[text]") {
  const auto refused = text::make_tokenizer(test::byte_vocabulary({}), "toy");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::unsupported);
  CHECK_THAT(refused.error().message, Catch::Contains("make_byte_level_tokenizer"));
  text::vocabulary merges = test::toy_vocabulary({"a"});
  merges.merges = {{3, 4}};
  CHECK_THAT(text::make_tokenizer(merges, "toy").error().message,
             Catch::Contains("lists 1 merges"));
}

TEST_CASE("SentencePiece's tokenizers make control pieces on request, too", "[text]") {
  text::vocabulary words = test::toy_vocabulary({" a", "a", " "});
  words.stop = {2};
  const text::tokenizer t = text::make_tokenizer(words, "toy").value();
  CHECK(*t.encode("a</s>a a", parsing) == tokens{259, 2, 259, 259});
  CHECK(t.encode("a</s>", plain)->size() == 5);
  CHECK(t.find("</s>") == 2);
  CHECK(t.find(" a") == 259);
  CHECK(t.find("<0x41>") == 3 + 0x41);
  CHECK(text::tokenizer().find("a") == -1);
}
