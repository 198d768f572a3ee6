#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "train_data_fixture.hpp"

using namespace test;

namespace {

void check_file(const tl::text::tokenizer& words, std::uint32_t token_bytes) {
  const scratch_directory where("train_data_file");
  const std::string first = tale(40, 1), second = tale(70, 2), third = "\xF0\x9F\xA6\x8A\tfox  fox";
  where.write("a.txt", "\n" + first + "\n<|end|>\n\n" + second + "\r\n<|end|>\n<|end|>\n");
  where.write("b.txt", third);
  where.write("empty.txt", "");
  const std::string path = where.file("tales.tokens");
  const auto facts = tl::write_tokens(
      path, words, paths{where.file("a.txt"), where.file("empty.txt"), where.file("b.txt")},
      {.separator = "<|end|>"});
  REQUIRE(facts);
  const auto file = tl::open_tokens(path, words);
  REQUIRE(file);
  CHECK(file->facts() == *facts);
  CHECK(facts->token_bytes == token_bytes);
  CHECK(facts->vocabulary == words.size());
  CHECK(facts->text_bytes == first.size() + second.size() + third.size());
  CHECK(std::filesystem::file_size(path) == file->table_offset() + 16 * 3);
  REQUIRE(file->documents() == 3);
  std::vector<std::int32_t> expected;
  for (std::size_t d = 0; d < 3; ++d) {
    const std::string& text = d == 0 ? first : d == 1 ? second : third;
    const auto tokens = words.encode(text, {.bos = true, .eos = true}).value();
    CHECK(file->document(d).first == expected.size());
    CHECK(file->document(d).count == tokens.size());
    CHECK(file->document(d).text_bytes == text.size());
    CHECK(words.decode(tokens).value() == text);
    expected.insert(expected.end(), tokens.begin(), tokens.end());
  }
  CHECK(all_tokens(*file) == expected);
}

trilith::error refusal(const trilith::result<tl::token_facts>& r) {
  REQUIRE(!r);
  return r.error();
}
void check_refusal(const trilith::error& why, errc code, std::string_view words) {
  CAPTURE(why.message);
  CHECK(why.code == code);
  CHECK(why.message.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a token file gives back every document", "[train]") {
  check_file(small_tokenizer(), 2);
  check_file(large_tokenizer(65536), 2);
  check_file(large_tokenizer(65537), 4);
}

TEST_CASE("without a separator each file is one document, and BOS can be left out", "[train]") {
  const scratch_directory where("train_data_whole");
  where.write("a.txt", "the fox<|end|>the fox");
  const std::string path = where.file("a.tokens");
  const auto words = small_tokenizer();
  REQUIRE(tl::write_tokens(path, words, paths{where.file("a.txt")}, {.bos = false}));
  const auto file = tl::open_tokens(path).value();
  CHECK(file.documents() == 1);
  CHECK(file.facts().bos == -1);
  CHECK(file.facts().eos == 2);
  CHECK(file[0] == words.find(" the"));
  CHECK(file[file.size() - 1] == 2);
}

TEST_CASE("what cannot become a token file is refused in words", "[train]") {
  const scratch_directory where("train_data_refused");
  const auto words = small_tokenizer();
  const std::string out = where.file("out.tokens");
  where.write("empty.txt", "");
  where.write("lines.txt", "\n\n<|end|>\n");
  where.write("broken.txt", "the fox<|end|>\nthe \xFF fox");
  where.write("good.txt", "the fox");
  check_refusal(refusal(tl::write_tokens(out, words, {})), errc::invalid_argument,
                "at least one text file");
  check_refusal(refusal(tl::write_tokens(out, words, paths{where.file("none.txt")})),
                errc::file_not_found, "none.txt: the file cannot be opened");
  check_refusal(refusal(tl::write_tokens(out, words, paths{where.path()})), errc::file_not_found,
                "expected a file, found something else");
  check_refusal(refusal(tl::write_tokens(out, words, paths{where.file("empty.txt")})),
                errc::invalid_value, "empty.txt: expected text, found none.");
  check_refusal(refusal(tl::write_tokens(out, words, paths{where.file("lines.txt")},
                                         {.separator = "<|end|>"})),
                errc::invalid_value, "lines.txt: expected text, found none.");
  check_refusal(refusal(tl::write_tokens(out, words, paths{where.file("broken.txt")},
                                         {.separator = "<|end|>"})),
                errc::invalid_value, "broken.txt: document 2, which begins at byte 15: ");
  tl::text::vocabulary endless = words.vocab();
  endless.eos = -1;
  check_refusal(refusal(tl::write_tokens(out, tl::text::make_tokenizer(endless, "endless").value(),
                                         paths{where.file("good.txt")})),
                errc::invalid_argument, "has none");
  check_refusal(
      refusal(tl::write_tokens(where.file("no/such/place"), words, paths{where.file("good.txt")})),
      errc::file_not_found, "no temporary file");
  const auto entries = std::filesystem::directory_iterator(where.path());
  CHECK(std::distance(begin(entries), end(entries)) == 4);  // nothing half-written
}

TEST_CASE("a file without leave to read is refused in words", "[train]") {
  const scratch_directory where("train_data_unreadable");
  where.write("secret.txt", "the fox");
  std::filesystem::permissions(where.file("secret.txt"), std::filesystem::perms::none);
  const uid_t me = ::geteuid();
  constexpr uid_t nobody = 65534;  // root may read every file
  if (me == 0 && ::seteuid(nobody) != 0) {
    WARN("skipped: root may read every file, and cannot become someone else here.");
    return;
  }
  const auto out =
      tl::write_tokens(where.file("out"), small_tokenizer(), paths{where.file("secret.txt")});
  if (me == 0) REQUIRE(::seteuid(me) == 0);
  check_refusal(refusal(out), errc::io_failure,
                "secret.txt: the file cannot be opened: Permission denied");
}

TEST_CASE("where the disk takes no more, an error is left and no file", "[train]") {
  const scratch_directory where("train_data_full");
  where.write("a.txt", tale(3000, 1));
  // A full disk takes a mount; a limit on the size of files fails in the same place.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto out =
      tl::write_tokens(where.file("out"), small_tokenizer(), paths{where.file("a.txt")});
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  check_refusal(refusal(out), errc::io_failure, "out: writing failed: File too large.");
  const auto entries = std::filesystem::directory_iterator(where.path());
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("a cancelled file leaves the old one as it was", "[train]") {
  const scratch_directory where("train_data_cancelled");
  const auto words = small_tokenizer();
  where.write("a.txt", tale(20, 1) + "|" + tale(20, 2) + "|" + tale(20, 3));
  where.write("out", "old");
  std::vector<double> heard;
  const auto stop = [&](double fraction, std::string_view) {
    heard.push_back(fraction);
    return heard.size() < 2;
  };
  check_refusal(refusal(tl::write_tokens(where.file("out"), words, paths{where.file("a.txt")},
                                         {.separator = "|", .report = stop})),
                errc::cancelled, "a.txt");
  CHECK(heard.size() == 2);
  CHECK(contents_of(where.file("out")) == "old");
  const auto listen = [&](double fraction, std::string_view) {
    heard.push_back(fraction);
    return true;
  };
  heard.clear();
  REQUIRE(tl::write_tokens(where.file("out"), words, paths{where.file("a.txt")},
                           {.separator = "|", .report = listen}));
  CHECK(heard.size() == 3);
  CHECK(heard.back() == 1.0);
  CHECK(std::is_sorted(heard.begin(), heard.end()));
}
