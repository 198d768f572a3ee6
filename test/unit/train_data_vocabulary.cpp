#include "train_data_fixture.hpp"

#if __has_include(<sentencepiece_processor.h>)
#include <sentencepiece_processor.h>
#define HAS_SENTENCEPIECE 1
#else
#define HAS_SENTENCEPIECE 0
#endif

using namespace test;

#if HAS_SENTENCEPIECE

namespace {

/// Ours against the library's, of one trained model.
class both {
 public:
  both(const paths& files, const tl::vocabulary_options& options) {
    const auto model = tl::train_sentencepiece(files, options);
    REQUIRE(model);
    ours_ = tl::text::parse_sentencepiece(*model, "trained").value();
    const std::string bytes(model->begin(), model->end());
    REQUIRE(theirs_.LoadFromSerializedProto(bytes).ok());
  }
  [[nodiscard]] const tl::text::tokenizer& ours() const { return ours_; }

  void check(const std::string& text) const {
    CAPTURE(text.substr(0, 100));
    const auto tokens = ours_.encode(text, {.bos = false}).value();
    CHECK(tokens == theirs_.EncodeAsIds(text));
    CHECK(ours_.decode(tokens).value() == text);
  }

 private:
  tl::text::tokenizer ours_;
  sentencepiece::SentencePieceProcessor theirs_;
};

const std::vector<std::string> odd_texts{
    "",
    " ",
    "  ",
    "a",
    " a ",
    "\n",
    "\n\n\n",
    "\t\t",
    "  two  spaces  \n  and\r\nlines  ",
    "1234567890 3.14",
    "<s> </s> <unk> <0x41>",
    "\xC3\xA4\xC3\xB6\xC3\xBC \xE2\x80\x9Cquoted\xE2\x80\x9D",
    "\xF0\x9F\xA6\x8A\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",
    "\xE4\xBD\xA0\xE5\xA5\xBD",
    std::string(1, '\0') + "x",
    std::string(5000, 'a'),
    std::string(3000, ' '),
    "e\xCC\x81"};

trilith::error refusal(const paths& files, const tl::vocabulary_options& options = {}) {
  const auto words = tl::train_vocabulary(files, options);
  REQUIRE(!words);
  return words.error();
}
void check_refusal(const trilith::error& why, errc code, std::string_view words) {
  CAPTURE(why.message);
  CHECK(why.code == code);
  CHECK(why.message.find(words) != std::string::npos);
}
bool absent() {
  const scratch_directory where("train_data_absent");
  where.write("a.txt", tale(300, 1));
  const auto words = tl::train_vocabulary(paths{where.file("a.txt")}, {.size = 300});
  if (words || words.error().code != errc::unsupported) return false;
  WARN("skipped: " << words.error().message);
  return true;
}

}  // namespace

TEST_CASE("a trained vocabulary gives SentencePiece's tokens", "[train]") {
  if (absent()) return;
  const scratch_directory where("train_data_trained");
  where.write("a.txt", tale(3000, 1));
  const both words(paths{where.file("a.txt")}, {.size = 350});
  CHECK(words.ours().size() == 350);
  CHECK(words.ours().bos() == 1);
  CHECK(words.ours().eos() == 2);
  CHECK(words.ours().find(" the") >= 0);
  CHECK(words.ours().find(".\n\n") >= 0);
  for (const std::string& text : odd_texts) words.check(text);
  words.check(tale(500, 2));
}

TEST_CASE("a vocabulary of fairy tales gives SentencePiece's tokens", "[train]") {
  const std::string path = data_file("corpora/childrens_classics_val.txt");
  if (path.empty() || absent()) return;
  const scratch_directory where("train_data_tales");
  const std::string tales = contents_of(path);
  where.write("some.txt", tales.substr(0, tales.find('\n', 200'000)));
  const both words(paths{where.file("some.txt")}, {.size = 1000, .separator = "<|endoftext|>"});
  for (const std::string& text : odd_texts) words.check(text);
  words.check(tales.substr(0, tales.find('\n', 400'000)));
  CHECK(words.ours().find("endoftext") < 0);
}

TEST_CASE("the same files give the same vocabulary, and it survives its bytes", "[train]") {
  if (absent()) return;
  const scratch_directory where("train_data_same");
  where.write("a.txt", tale(1000, 1));
  where.write("b.txt", tale(1000, 2));
  const paths files{where.file("a.txt"), where.file("b.txt")};
  const auto words = tl::train_vocabulary(files, {.size = 320}).value();
  CHECK(words.vocab() == tl::train_vocabulary(files, {.size = 320}).value().vocab());
  const auto again = tl::text::parse_tokenizer(tl::text::serialize(words), "again").value();
  CHECK(again.vocab() == words.vocab());
  CHECK(tl::tokenizer_hash(again) == tl::tokenizer_hash(words));
}

TEST_CASE("what no vocabulary can be trained on is refused in words", "[train]") {
  if (absent()) return;
  const scratch_directory where("train_data_untrained");
  where.write("a.txt", tale(300, 1));
  where.write("empty.txt", "");
  where.write("lines.txt", "\n\n\n");
  where.write("broken.txt", "the fox|\nthe \xFF");
  const paths a{where.file("a.txt")};
  check_refusal(refusal({}), errc::invalid_argument, "at least one text file");
  check_refusal(refusal({where.file("none.txt")}), errc::file_not_found, "none.txt: ");
  check_refusal(refusal({where.file("empty.txt")}), errc::invalid_value, "expected text");
  check_refusal(refusal({where.file("lines.txt")}), errc::invalid_value,
                "lines.txt: expected text, found none.");
  check_refusal(refusal({where.file("a.txt"), where.file("broken.txt")}, {.separator = "|"}),
                errc::invalid_value,
                "broken.txt: document 2, which begins at byte 9: byte 4 of it is not UTF-8.");
  check_refusal(refusal(a, {.size = 100}), errc::invalid_argument, "260 to 1000000 pieces");
  check_refusal(refusal(a, {.size = 262}), errc::invalid_argument, "a.txt: 3 special pieces");
  check_refusal(refusal(a, {.size = 30'000}), errc::invalid_argument,
                "a.txt: the text is too small for a vocabulary of 30000 pieces; expected a size of "
                "at most ");
  check_refusal(refusal(a, {.character_coverage = 0.0}), errc::invalid_argument, "0.9 to 1");
  const auto stop = [](double, std::string_view) { return false; };
  check_refusal(refusal(a, {.report = stop}), errc::cancelled, "a.txt");
}

#else

TEST_CASE("a trained vocabulary gives SentencePiece's tokens", "[train]") {
  WARN("skipped: SentencePiece's library is not installed (Debian: libsentencepiece-dev).");
}

#endif
