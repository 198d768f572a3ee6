#include <trilith/text/load_tokenizer.hpp>
#include <trilith/text/streaming_decoder.hpp>
#include <trilith/text/utf8.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "text_fixture.hpp"

namespace text = trilith::text;

namespace {

text::tokenizer toy() {
  return text::make_tokenizer(test::toy_vocabulary({" a", "a", " ", "\xC3\xA9", " the"}), "toy")
      .value();
}
constexpr std::int32_t space_a = 259, a = 260, space = 261, the = 263;
constexpr std::int32_t byte(unsigned char b) {
  return 3 + b;
}

/// All that a streaming decoder says, checked to be whole characters each time.
std::string streamed(const text::tokenizer& words, const test::tokens& tokens) {
  text::streaming_decoder decoder(words);
  std::string out;
  const auto add = [&](std::string_view part) {
    CHECK(text::valid_prefix(part) == part.size());
    out += part;
  };
  for (const std::int32_t token : tokens) add(decoder.push(token));
  add(decoder.finish());
  return out;
}

}  // namespace

TEST_CASE("decodings equal SentencePiece's, at once and streamed", "[text]") {
  if (test::model_path().empty() || test::bin_path().empty()) return;
  const text::tokenizer model = text::load_tokenizer(test::model_path()).value();
  const text::tokenizer bin = text::load_tokenizer(test::bin_path()).value();
  for (const test::sentencepiece_case& c : test::sentencepiece_cases) {
    if (c.kind != 'd') continue;
    INFO(c.given);
    const test::tokens tokens = test::from_list(c.given);
    CHECK(*model.decode(tokens) == test::from_hex(c.collapsed));
    CHECK(*bin.decode(tokens) == test::from_hex(c.with_spaces()));
    CHECK(streamed(model, tokens) == test::from_hex(c.collapsed));
    CHECK(streamed(bin, tokens) == test::from_hex(c.with_spaces()));
  }
}

TEST_CASE("a streaming decoder waits for the rest of a character", "[text]") {
  const text::tokenizer t = toy();
  text::streaming_decoder decoder(t);
  CHECK(decoder.push(byte(0xF0)).empty());
  CHECK(decoder.push(byte(0x9F)).empty());
  CHECK(decoder.push(byte(0x98)).empty());
  CHECK(decoder.push(byte(0x80)) == "\xF0\x9F\x98\x80");
  CHECK(decoder.finish().empty());
}

TEST_CASE("bytes that become no character read U+FFFD", "[text]") {
  const text::tokenizer t = toy();
  const std::string sign(text::replacement_character);
  text::streaming_decoder decoder(t);
  CHECK(decoder.push(byte(0x80)) == sign);
  CHECK(decoder.push(byte(0xE2)).empty());
  CHECK(decoder.push(byte(0x82)).empty());
  CHECK(decoder.push(a) == sign + sign + "a");
  CHECK(decoder.push(byte(0xC3)).empty());
  CHECK(decoder.push(t.eos()) == sign);
  CHECK(decoder.push(byte(0xE2)).empty());
  CHECK(decoder.finish() == sign);
  CHECK(decoder.finish().empty());
}

TEST_CASE("the first space of a text is dropped, of its continuation not", "[text]") {
  const text::tokenizer t = toy();
  text::streaming_decoder fresh(t);
  CHECK(fresh.push(t.bos()).empty());
  CHECK(fresh.push(the) == "the");
  CHECK(fresh.push(the) == " the");
  CHECK(fresh.push(t.bos()).empty());
  CHECK(fresh.push(space_a) == "a");
  text::streaming_decoder continued(t, false);
  CHECK(continued.push(the) == " the");
  CHECK(*t.decode(test::tokens{1, space, space, a}) == " a");
}

TEST_CASE("tokens outside the vocabulary are an error, or U+FFFD in a stream", "[text]") {
  const text::tokenizer t = toy();
  for (const std::int32_t wrong : {-1, 264, 2'000'000'000}) {
    const auto refused = t.decode(test::tokens{a, wrong});
    REQUIRE(!refused);
    CHECK(refused.error().code == trilith::errc::invalid_value);
    CHECK_THAT(refused.error().message,
               Catch::Contains("index 1") && Catch::Contains("264 pieces"));
    text::streaming_decoder decoder(t);
    CHECK(decoder.push(wrong) == text::replacement_character);
  }
}

TEST_CASE("any text survives encoding and decoding where spaces are kept", "[text]") {
  const text::tokenizer t = toy();
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  for (const std::string& s :
       {every, std::string("  a  the\n\t"), std::string("\xF0\x9F\x98\x80")}) {
    CHECK(*t.decode(*t.encode(s)) == s);
    CHECK(streamed(t, *t.encode(s)) == s);
  }
}
