#include <trilith/text/load_tokenizer.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "text_byte_fixture.hpp"

namespace text = trilith::text;
using test::tokens;
using text::piece_kind;
using text::pre_tokenizer;
using trilith::errc;

namespace {

constexpr text::encode_options parsing{.bos = false, .special = text::special_text::parse};

/// What Hugging Face's tokenizers made of a text; fixtures/make_tokenizers.py.
struct reference_case {
  std::string_view file, given, expected;
};
constexpr reference_case reference_cases[] = {
#include "fixtures/tokenizers/encodings.inc"
};

std::string content_of(const std::string& name) {
  return test::contents_of(test::tokenizer_fixture(name));
}

trilith::result<text::tokenizer> parse(std::string_view json) {
  return text::parse_tokenizer(test::bytes_of(json), "toy");
}

/// `json` with one text in place of another, which must be there.
std::string changed(std::string json, std::string_view from, std::string_view to) {
  const std::size_t at = json.find(from);
  INFO(from);
  REQUIRE(at != json.npos);
  return json.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("tokenizer.json encodes as Hugging Face's tokenizers does", "[text]") {
  if (!test::has_byte_level()) return;
  std::size_t cases = 0;
  for (const std::string name : {"gpt2", "qwen2", "llama3", "digits", "spm"}) {
    const text::tokenizer t = text::load_tokenizer(test::tokenizer_fixture(name + ".json")).value();
    for (const reference_case& c : reference_cases) {
      if (c.file != name) continue;
      const std::string given = test::from_hex(c.given);
      INFO(name << ": " << given);
      const auto encoded = t.encode(given, parsing);
      REQUIRE(encoded);
      CHECK(*encoded == test::from_list(c.expected));
      ++cases;
    }
  }
  CHECK(cases > 100);
}

TEST_CASE("texts come back from the tokens of tokenizer.json", "[text]") {
  if (!test::has_byte_level()) return;
  for (const std::string name : {"gpt2", "llama3", "digits", "spm"}) {
    const text::tokenizer t = text::load_tokenizer(test::tokenizer_fixture(name + ".json")).value();
    for (const reference_case& c : reference_cases) {
      const std::string given = test::from_hex(c.given);
      if (given.find("<think>") != given.npos) continue;  // it swallows spaces
      INFO(name << ": " << given);
      CHECK(*t.decode(*t.encode(given)) == given);
    }
  }
}

TEST_CASE("the facts of a tokenizer.json become those of a vocabulary", "[text]") {
  if (!test::has_byte_level()) return;
  const text::tokenizer qwen2 = text::load_tokenizer(test::tokenizer_fixture("qwen2.json")).value();
  CHECK(qwen2.vocab().pre == pre_tokenizer::qwen2);
  CHECK(qwen2.vocab().nfc);
  CHECK(!qwen2.vocab().ignore_merges);
  CHECK(qwen2.bos() == -1);
  CHECK(qwen2.eos() == qwen2.find("<|endoftext|>"));
  CHECK(qwen2.vocab().stop.empty());
  const auto kind = [](const text::tokenizer& t, std::string_view s) {
    return t.vocab().pieces.at(static_cast<std::size_t>(t.find(s))).kind;
  };
  CHECK(kind(qwen2, "<|endoftext|>") == piece_kind::control);
  CHECK(kind(qwen2, "<think>") == piece_kind::user_defined);
  const text::tokenizer gpt2 = text::load_tokenizer(test::tokenizer_fixture("gpt2.json")).value();
  CHECK(gpt2.vocab().pre == pre_tokenizer::gpt2);
  CHECK(gpt2.vocab().pieces.at(static_cast<std::size_t>(gpt2.find("<think>"))).strip_right);
  const text::tokenizer llama3 =
      text::load_tokenizer(test::tokenizer_fixture("llama3.json")).value();
  CHECK(llama3.vocab().pre == pre_tokenizer::llama3);
  CHECK(llama3.vocab().ignore_merges);
  const text::tokenizer spm = text::load_tokenizer(test::tokenizer_fixture("spm.json")).value();
  CHECK(spm.vocab().pre == pre_tokenizer::none);
  CHECK(spm.vocab().unknown == 0);
  CHECK(spm.eos() == 2);
  CHECK(kind(spm, "<0x41>") == piece_kind::byte);
}

TEST_CASE("the begin-of-text token is what post-processing puts in front", "[text]") {
  if (!test::has_byte_level()) return;
  const std::string json =
      changed(content_of("llama3.json"), "\"post_processor\":null",
              R"("post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"},)"
              R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|endoftext|>",)"
              R"("type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}]})");
  const text::tokenizer t = parse(json).value();
  CHECK(t.bos() == t.find("<|endoftext|>"));
  CHECK(t.encode("", {})->size() == 1);
}

TEST_CASE("what a tokenizer.json says that is not read is refused by name", "[text]") {
  if (!test::has_byte_level()) return;
  const auto check = [](std::string_view file, std::string_view from, std::string_view to,
                        errc code, std::string_view words) {
    const auto read = parse(changed(content_of(std::string(file)), from, to));
    INFO(to);
    REQUIRE(!read);
    CHECK(read.error().code == code);
    CHECK_THAT(read.error().message,
               Catch::Contains(std::string(words)) && Catch::StartsWith("toy"));
  };
  const errc no = errc::unsupported, bad = errc::malformed;
  check("gpt2.json", "\"type\":\"BPE\"", "\"type\":\"Unigram\"", no, "the model is \"Unigram\"");
  check("gpt2.json", "\"dropout\":null", "\"dropout\":0.1", no, "model.dropout is \"0.1\"");
  check("gpt2.json", "\"normalizer\":null", "\"normalizer\":{\"type\":\"NFKC\"}", no,
        "normalizer is \"NFKC\"");
  check("gpt2.json", "\"type\":\"ByteLevel\"", "\"type\":\"Whitespace\"", no, "pre-tokenizer");
  check("qwen2.json", "\\\\p{N}|", "\\\\p{N}{2}|", no, "pattern of Split");
  check("qwen2.json", "\"Isolated\"", "\"MergedWithNext\"", no, "behavior of Split");
  check("gpt2.json", "\"single_word\":false", "\"single_word\":true", no, "single words only");
  check("gpt2.json", "\"#\":2", "\"#\":0", bad, "is given to two tokens");
  check("gpt2.json", "\"#\":2", "\"#\":-1", bad, "found -1");
  check("gpt2.json", "\"#\":2", "\"#\":999999999", bad, "has the id 999999999");
  check("spm.json", "\"<0x41>\":68", "\"<0x41>\":310", bad,
        "no token, or an empty one, has the id 68");
  check("gpt2.json", "\"#\":2", "\"# \":2", bad, "GPT-2's spelling of bytes");
  check("gpt2.json", "\"merges\":[\"", "\"merges\":[\"nope nope\",\"", bad, "is no token");
  check("gpt2.json", "\"merges\":[\"", "\"merges\":[\"nope\",\"", bad, "a space between them");
  check("gpt2.json", "\"merges\":[\"", "\"merges\":[\"a b c\",\"", bad, "a space between them");
  check("spm.json", "\"merges\":[[\"", "\"merges\":[[\"h\",\"e\"],[\"", no,
        "not those of a SentencePiece model");
  check("spm.json", "\"content\":\"\\u2581\"", "\"content\":\"_\"", no, "normalizer");
  check("spm.json", "\"merges\":[", "\"merges\":[[\"e\",\"e\"],", bad, "makes \"ee\"");
}

TEST_CASE("JSON of any shape is refused, however deep", "[text]") {
  if (!test::has_byte_level()) return;
  for (const std::string_view open : {"[", "{\"a\":", "{\"model\":", "{\"added_tokens\":["}) {
    std::string deep = "{\"x\":";
    for (int i = 0; i < 100000; ++i) deep += open;
    const auto read = parse(deep);
    REQUIRE(!read);
    CHECK_THAT(read.error().message, Catch::Contains("nested deeper than 32 levels"));
  }
  for (const std::string_view json :
       {"{", "{}", "{\"model\":[]}", "{\"model\":{\"vocab\":[1,2]}}",
        "{\"added_tokens\":{\"a\":1}}", "{\"added_tokens\":[[{\"id\":1}]]}",
        "{\"model\":{\"merges\":[[[\"a\"]]]}}",
        "{\"model\":{\"type\":\"BPE\",\"merges\":[\"a b\",[\"a\",\"b\"]]}}", "{\"model\":1}",
        "{\"added_tokens\":[{\"id\":7,\"content\":{\"content\":\"x\"}}]}", "{\"a\":\"\xFF\"}"}) {
    INFO(json);
    CHECK(!parse(json));
  }
}

TEST_CASE("a tokenizer.json cut anywhere is an error", "[text]") {
  if (!test::has_byte_level()) return;
  for (const std::string name : {"gpt2.json", "spm.json"}) {
    std::string json = content_of(name);
    while (json.ends_with('\n')) json.pop_back();
    for (std::size_t n = 0; n < json.size(); ++n)
      if (parse(std::string_view(json).substr(0, n))) FAIL("read from " << n << " of " << name);
  }
}

TEST_CASE("a tokenizer.json with flipped bits is an error or usable", "[text]") {
  if (!test::has_byte_level()) return;
  std::uint64_t state = 7;
  const auto next = [&](std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  std::size_t usable = 0;
  for (const std::string name : {"qwen2.json", "spm.json"}) {
    const std::string json = content_of(name);
    for (int round = 0; round < 600; ++round) {
      std::string damaged = json;
      damaged[next(damaged.size())] ^= static_cast<char>(1u << next(7));
      const auto read = parse(damaged);
      if (!read) {
        CHECK(!read.error().message.empty());
        continue;
      }
      ++usable;
      const auto encoded = read->encode("Once upon \xF0\x9F\x98\x80 <think> 12\n", parsing);
      REQUIRE(encoded);
      CHECK(read->decode(*encoded));
    }
  }
  CHECK(usable > 0);
}
