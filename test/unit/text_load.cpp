#include <trilith/text/load_tokenizer.hpp>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text_fixture.hpp"

namespace text = trilith::text;
using text::piece_kind;
using trilith::errc;
using bytes = std::vector<unsigned char>;

namespace {

trilith::error refusal(const trilith::result<text::tokenizer>& r) {
  REQUIRE(!r);
  return r.error();
}
trilith::error refusal_of(text::vocabulary words) {
  return refusal(text::make_tokenizer(std::move(words), "toy"));
}
trilith::error refusal_of(const bytes& b) {
  return refusal(text::parse_tokenizer(b, "toy"));
}

void check_tok512(const text::tokenizer& t) {
  CHECK(t.size() == 512);
  CHECK(t.bos() == 1);
  CHECK(t.eos() == 2);
  CHECK(t.vocab().unknown == 0);
  for (std::size_t i = 0; i < 512; ++i) {
    const piece_kind kind = t.vocab().pieces[i].kind;
    CHECK(kind == (i == 0    ? piece_kind::unknown
                   : i < 3   ? piece_kind::control
                   : i < 259 ? piece_kind::byte
                             : piece_kind::normal));
  }
}

/// A protobuf field of wire type 2; payload below 2^14 bytes.
bytes field(unsigned number, const bytes& payload) {
  bytes out{static_cast<unsigned char>(number << 3 | 2)};
  out.push_back(static_cast<unsigned char>(payload.size() | 0x80));
  out.push_back(static_cast<unsigned char>(payload.size() >> 7));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}
bytes joined(std::initializer_list<bytes> parts) {
  bytes out;
  for (const bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
bytes piece_message(std::string_view s, unsigned char type) {
  return field(1, joined({field(1, bytes(s.begin(), s.end())), {0x18, type}}));
}
const bytes bpe_trainer = field(2, {0x18, 2});
const bytes identity = field(3, {});
bytes small_model(const bytes& trainer = bpe_trainer, const bytes& normalizer = identity) {
  return joined({piece_message("<unk>", 2), piece_message("<s>", 3), piece_message("</s>", 3),
                 piece_message("a", 1), piece_message("\xE2\x96\x81", 1), trainer, normalizer});
}

}  // namespace

TEST_CASE("tok512.model and tok512.bin hold the same vocabulary", "[text]") {
  if (test::model_path().empty() || test::bin_path().empty()) return;
  const text::tokenizer model = text::load_tokenizer(test::model_path()).value();
  const text::tokenizer bin = text::load_tokenizer(test::bin_path()).value();
  check_tok512(model);
  check_tok512(bin);
  CHECK(model.vocab().pieces == bin.vocab().pieces);
  CHECK(model.vocab().collapse_spaces);
  CHECK(!bin.vocab().collapse_spaces);
}

TEST_CASE("serialised tokenizers come back equal, and llama2.c's byte for byte", "[text]") {
  if (test::model_path().empty() || test::bin_path().empty()) return;
  const text::tokenizer bin = text::load_tokenizer(test::bin_path()).value();
  CHECK(text::serialize(bin) == test::bytes_of_file(test::bin_path()));
  const text::tokenizer model = text::load_tokenizer(test::model_path()).value();
  const bytes saved = text::serialize(model);
  CHECK(text::parse_tokenizer(saved, "saved")->vocab() == model.vocab());
  // a reader of llama2.c stops after the pieces, which are the same
  CHECK(std::equal(saved.begin(), saved.begin() + 6227, text::serialize(bin).begin()));
}

TEST_CASE("a vocabulary of any layout survives serialising", "[text]") {
  std::vector<text::vocabulary> all(4, test::toy_vocabulary({" a", "a", "<s>", "<0x0A>"}));
  std::swap(all[1].pieces[0], all[1].pieces[1]);
  all[1].unknown = 1;
  all[1].bos = 0;
  all[2].pieces[259].kind = piece_kind::user_defined;
  all[2].dummy_prefix = false;
  all[3].pieces[262].kind = piece_kind::control;
  all[3].eos = -1;
  all.push_back(test::toy_vocabulary({"x"}, false));
  for (const text::vocabulary& words : all) {
    const text::tokenizer t = text::make_tokenizer(words, "toy").value();
    CHECK(text::parse_tokenizer(text::serialize(t), "toy")->vocab() == words);
  }
}

TEST_CASE("vocabularies that contradict themselves are refused in words", "[text]") {
  const text::vocabulary good = test::toy_vocabulary({" a", "a", "b"});
  const auto check = [&](auto change, std::string_view words) {
    text::vocabulary wrong = good;
    change(wrong);
    const trilith::error why = refusal_of(wrong);
    CHECK(why.code == errc::malformed);
    CHECK_THAT(why.message, Catch::Contains(std::string(words)) && Catch::StartsWith("toy: "));
  };
  check([](auto& v) { v.pieces[259].text = ""; }, "piece 259, \"\", is empty");
  check([](auto& v) { v.pieces[259].text = "\xFF"; }, "\"\\xFF\", is not valid UTF-8");
  check([](auto& v) { v.pieces[259].text.assign(70000, 'x'); }, "has 70000 bytes");
  check([](auto& v) { v.pieces[260].text = "b"; }, "piece 261, \"b\", is spelled like piece 260");
  check(
      [](auto& v) {
        v.pieces[260].text =
            "\xE2\x96\x81"
            "a";
      },
      "is spelled like piece 259");
  check([](auto& v) { v.pieces[260].score = std::numeric_limits<float>::quiet_NaN(); },
        "not finite");
  check([](auto& v) { v.pieces[5].kind = piece_kind::normal; }, "255 of the 256 byte pieces");
  check([](auto& v) { v.pieces[5].text = "<0x03>"; }, "is spelled like piece 5");
  check([](auto& v) { v.pieces[5].text = "<0xgg>"; }, "but not spelled <0x00> to <0xFF>");
  check([](auto& v) { v.bos = 262; }, "the begin-of-text token is 262, but there are 262 pieces");
  check([](auto& v) { v.eos = -2; }, "the end-of-text token is -2");
  check([](auto& v) { v.eos = 259; }, "is the end-of-text token, but not marked so");
  check([](auto& v) { v.unknown = -1; }, "is of the unknown kind");
  check([](auto& v) { v = {}; }, "neither byte pieces nor an unknown piece");
}

TEST_CASE("a small .model is read; other kinds are refused in words", "[text]") {
  const text::tokenizer t = text::parse_tokenizer(small_model(), "toy").value();
  CHECK(t.vocab().collapse_spaces);
  CHECK(t.vocab().dummy_prefix);
  CHECK(*t.encode(" a a ", {.bos = false}) == test::tokens{4, 3, 4, 3});
  const auto check = [](const bytes& b, errc code, std::string_view words) {
    const trilith::error why = refusal_of(b);
    CHECK(why.code == code);
    CHECK_THAT(why.message, Catch::Contains(std::string(words)));
  };
  check(small_model(field(2, {0x18, 1})), errc::unsupported, "unigram");
  check(small_model(field(2, {})), errc::unsupported, "unigram");
  check(small_model(field(2, {0x18, 77})), errc::unsupported, "model_type 77");
  check(small_model(field(2, {0x18, 2, 0xC0, 0x01, 1})), errc::unsupported, "suffix");
  check(small_model(bpe_trainer, field(3, field(2, {1}))), errc::unsupported, "charsmap");
  check(small_model(bpe_trainer, field(3, {0x28, 0})), errc::unsupported, "escape_whitespaces");
  check(small_model({}), errc::truncated, "without its trainer_spec");
  check(small_model(bpe_trainer, {}), errc::truncated, "without its normalizer_spec");
  check(joined({piece_message("u", 5), small_model()}), errc::unsupported, "is of type 5");
  check(joined({small_model(), {0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}}), errc::truncated, "breaks");
  check(joined({small_model(), {0x08, 0x00}}), errc::malformed, "is not a message");
}

TEST_CASE("files that are no tokenizer are refused in words", "[text]") {
  CHECK(refusal(text::load_tokenizer("/no/such/tokenizer")).code == errc::file_not_found);
  for (const char* no_file : {"/", "/dev/null"}) {
    const trilith::error why = refusal(text::load_tokenizer(no_file));
    CHECK(why.code == errc::file_not_found);
    CHECK_THAT(why.message, Catch::Contains("expected a file, found something else"));
  }
  const bytes gguf{'G', 'G', 'U', 'F', 3, 0, 0, 0};
  CHECK(refusal_of(gguf).code == errc::unsupported);
  CHECK_THAT(refusal_of(gguf).message, Catch::Contains("begins with \"GGUF\""));
}
