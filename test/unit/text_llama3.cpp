#include <trilith/text/load_tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

#include "text_byte_fixture.hpp"

namespace text = trilith::text;
using test::tokens;
using trilith::errc;

namespace {

constexpr text::encode_options plain{.bos = false};

/// Loaded once for all tests of this file; empty, in words, where it cannot be.
const text::tokenizer& llama3() {
  static const text::tokenizer loaded = [] {
    const std::string path = test::data_file("tokenizers/llama3_tokenizer.model");
    if (path.empty() || !test::has_byte_level()) return text::tokenizer();
    return text::load_tokenizer(path).value();
  }();
  return loaded;
}

}  // namespace

TEST_CASE("LLaMA-3's ranks are 128,000 pieces and 256 named ones", "[text]") {
  if (llama3().size() == 0) return;
  CHECK(llama3().size() == 128256);
  CHECK(llama3().bos() == 128000);
  CHECK(llama3().eos() == 128001);
  CHECK(llama3().vocab().stop == tokens{128009});
  CHECK(llama3().find("<|start_header_id|>") == 128006);
  CHECK(llama3().find("<|end_header_id|>") == 128007);
  CHECK(llama3().find("<|reserved_special_token_4|>") == 128008);
  CHECK(llama3().find("<|eot_id|>") == 128009);
  CHECK(llama3().find("<|reserved_special_token_5|>") == 128010);
  CHECK(llama3().find("<|reserved_special_token_250|>") == 128255);
  CHECK(llama3().find(" Hello") == 22691);
}

TEST_CASE("LLaMA-3's encodings equal llama.cpp's vectors", "[text]") {
  const std::string path = test::data_file("vectors/llama3_bpe.jsonl");
  if (llama3().size() == 0 || path.empty()) return;
  std::ifstream file(path);
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const auto row = nlohmann::json::parse(line);
    const auto given = row["text"].get<std::string>();
    INFO(given);
    CHECK(*llama3().encode(given, plain) == row["ids"].get<tokens>());
    CHECK(*llama3().decode(row["ids"].get<tokens>()) == given);
  }
  CHECK(cases == 23);
}

TEST_CASE("every LLaMA-3 piece that is text encodes to itself alone", "[text]") {
  if (llama3().size() == 0) return;
  std::size_t different = 0, checked = 0;
  for (std::int32_t id = 0; id < 128000; ++id) {
    const auto encoded = llama3().encode(llama3().vocab().pieces[std::size_t(id)].text, plain);
    if (!encoded) continue;  // a part of a character
    ++checked;
    different += *encoded != tokens{id};
  }
  CHECK(checked > 126000);
  CHECK(different < 600);  // pieces that the pre-tokeniser cuts, such as those of four digits
}

TEST_CASE("a text of megabytes comes back from LLaMA-3's tokens", "[text]") {
  const std::string path = test::data_file("corpora/wikitext2/wiki.test.raw");
  if (llama3().size() == 0 || path.empty()) return;
  const std::string given = test::contents_of(path);
  const tokens encoded = *llama3().encode(given, plain);
  CHECK(encoded.size() == 289076);
  CHECK(*llama3().decode(encoded) == given);
}

TEST_CASE("LLaMA-3's tokenizer survives serialising", "[text]") {
  if (llama3().size() == 0) return;
  const std::vector<unsigned char> saved = text::serialize(llama3());
  const text::tokenizer read = text::parse_tokenizer(saved, "saved").value();
  CHECK(read.vocab() == llama3().vocab());
  CHECK(*read.encode("Hello, world!", plain) == tokens{9906, 11, 1917, 0});
  CHECK(text::parse_sentencepiece(saved, "saved").error().code == errc::unsupported);
}

TEST_CASE("small tiktoken files are read, told their rules", "[text]") {
  if (!test::has_byte_level()) return;
  std::string ranks;
  const std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned byte = 0; byte < 256; ++byte)
    ranks += std::string() + digits[byte >> 2] + digits[(byte & 3) << 4] +
             "== " + std::to_string(byte) + "\n";
  ranks += "YWI= 256\r\nYWJj 257";  // ab, abc; neither line end matters
  const text::tiktoken_rules rules{
      .special = {"<s>", "</s>"}, .bos = "<s>", .eos = "</s>", .stop = {}};
  const auto parse = [&](std::string_view s) {
    return text::parse_tiktoken(test::bytes_of(s), "toy", rules);
  };
  const text::tokenizer t = parse(ranks).value();
  CHECK(*t.encode("abcab") == tokens{258, 257, 256});
  CHECK(t.eos() == 259);

  const auto refused = text::parse_tokenizer(test::bytes_of(ranks), "toy");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::unsupported);
  CHECK_THAT(refused.error().message, Catch::Contains("has 258 tiktoken ranks"));
  for (std::size_t n = 0; n < ranks.size(); ++n) {
    const auto cut = parse(std::string_view(ranks).substr(0, n));
    if (cut) CHECK(cut->size() >= 258);
    if (!cut) CHECK(cut.error().code == errc::malformed);
  }
  const auto check = [&](std::string_view line, std::string_view words) {
    const auto why = parse(ranks + "\n" + std::string(line)).error();
    CHECK(why.code == errc::malformed);
    CHECK_THAT(why.message, Catch::Contains(std::string(words)));
  };
  check("YWI= 259", "line 259 is \"YWI= 259\"");
  check("YWI=258", "expected a token in base64");
  check("YW*= 258", "line 259");
  check("YWJ= 258", "line 259");  // bits behind the last byte
  check("YWI= 258", "is spelled like piece 256");
  CHECK_THAT(text::parse_tiktoken(test::bytes_of(ranks), "toy",
                                  {.special = {"<s>"}, .bos = "<b>", .eos = {}, .stop = {}})
                 .error()
                 .message,
             Catch::Contains("is not among the special pieces"));
}
