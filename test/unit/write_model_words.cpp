#include "write_model_fixture.hpp"

#include <trilith/io/gguf.hpp>
#include <trilith/io/hf_directory.hpp>
#include <trilith/text/chat.hpp>

#include <filesystem>

#include "text_byte_fixture.hpp"

namespace tl = trilith;
namespace io = trilith::io;
using Catch::Contains;
using io::model_format;
using tl::text::piece_kind;
using tl::text::pre_tokenizer;

namespace {

/// A model with as many rows in its embedding as the test wants, and these words.
struct talker {
  tl::packed<tl::presets::b1_58_relu<>> model;
  io::model_source source;

  talker(tl::text::tokenizer words, std::size_t rows)
      : model(test::random_packed<tl::presets::b1_58_relu<>>(sizes(rows))),
        source(io::source_of(model)) {
    source.tokenizer = std::move(words);
  }
  static tl::shape sizes(std::size_t rows) {
    tl::shape s = test::wide_shape;
    s.vocab = rows;
    s.layers = 1;
    return s;
  }
};

constexpr std::string_view samples[] = {"",
                                        "hello hello",
                                        "  two  spaces ",
                                        "Hello, World 12345!\n\n  x",
                                        "caf\xC3\xA9 \xE4\xB8\xAD",
                                        "<|eot_id|>hello",
                                        "don't"};

void check_same_encoding(const tl::text::tokenizer& a, const tl::text::tokenizer& b) {
  for (const std::string_view sample : samples) {
    CAPTURE(sample);
    CHECK(a.encode(sample).value() == b.encode(sample).value());
    const tl::text::encode_options special{.special = tl::text::special_text::parse};
    CHECK(a.encode(sample, special).value() == b.encode(sample, special).value());
  }
}

tl::text::vocabulary llama3_like(bool with_merges) {
  auto words = test::byte_vocabulary({"he", "ll", "llo", "hello", " hello", " w", "in", "\xC3\xA9"},
                                     {"<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"});
  words.bos = 264;
  words.eos = 265;
  words.stop = {266};
  words.ignore_merges = true;
  if (with_merges)
    words.merges = {{'h', 'e'}, {'l', 'l'}, {257, 'o'}, {256, 258},
                    {' ', 259}, {' ', 'w'}, {'i', 'n'}, {0xC3, 0xA9}};
  return words;
}

}  // namespace

TEST_CASE("SentencePiece's vocabularies come back from both formats", "[write_model_words]") {
  const test::scratch_directory scratch("unit_write_model_pieces");
  auto words = test::toy_vocabulary({" hello", "he", "llo", "ll", " ", "h", "e", "l", "o"});
  words.pieces.push_back({"<|eot_id|>", 0, piece_kind::control});
  words.stop = {static_cast<std::int32_t>(words.pieces.size()) - 1};
  for (const bool prefix : {true, false}) {
    words.dummy_prefix = prefix;
    const auto tokens = tl::text::make_tokenizer(words, "toy").value();
    const talker t(tokens, words.pieces.size());
    (void)test::written(t.source, scratch.file("m.gguf"));
    const auto gguf = test::loaded_from(scratch.file("m.gguf"));
    CHECK(gguf.tokenizer.vocab() == words);
    CHECK(gguf.report.repairs.empty());
    const std::string folder = scratch.file(prefix ? "a" : "b");
    (void)test::written(t.source, folder, {.format = model_format::hugging_face});
    CHECK(std::filesystem::exists(folder + "/tokenizer.model"));
    const auto hf = test::loaded_from(folder);
    CHECK(hf.tokenizer.vocab().pieces == words.pieces);
    CHECK(hf.tokenizer.vocab().dummy_prefix == prefix);
    check_same_encoding(tokens, gguf.tokenizer);
    check_same_encoding(tokens, hf.tokenizer);
  }
}

TEST_CASE("byte-level vocabularies come back from both formats", "[write_model_words]") {
  if (!test::has_byte_level()) return;
  const test::scratch_directory scratch("unit_write_model_bytes");
  for (const bool with_merges : {true, false}) {
    const auto words = llama3_like(with_merges);
    const auto tokens = test::byte_tokenizer(words);
    const talker t(tokens, words.pieces.size());
    const std::string folder = scratch.file(with_merges ? "a" : "b");
    (void)test::written(t.source, scratch.file("m.gguf"));
    (void)test::written(t.source, folder, {.format = model_format::hugging_face});
    CHECK(std::filesystem::exists(folder + "/tokenizer.json"));
    for (const std::string& path : {scratch.file("m.gguf"), folder}) {
      const auto again = test::loaded_from(path);
      const tl::text::vocabulary& found = again.tokenizer.vocab();
      CHECK(again.report.repairs.empty());
      CHECK(found.pieces == words.pieces);
      CHECK(found.pre == words.pre);
      CHECK(found.ignore_merges);
      CHECK(found.bos == words.bos);
      CHECK(found.eos == words.eos);
      CHECK(found.stop == words.stop);
      if (with_merges) CHECK(found.merges == words.merges);
      check_same_encoding(tokens, again.tokenizer);
    }
  }
}

TEST_CASE("every way of cutting text has a name in the files", "[write_model_words]") {
  if (!test::has_byte_level()) return;
  const test::scratch_directory scratch("unit_write_model_pre");
  int n = 0;
  for (const auto pre : {pre_tokenizer::llama3, pre_tokenizer::gpt2, pre_tokenizer::qwen2,
                         pre_tokenizer::digits_gpt2, pre_tokenizer::ggml_default}) {
    auto words = llama3_like(true);
    words.pre = pre;
    words.ignore_merges = pre == pre_tokenizer::llama3;
    words.nfc = pre == pre_tokenizer::qwen2;
    const auto tokens = test::byte_tokenizer(words);
    const talker t(tokens, words.pieces.size());
    CHECK(test::written(t.source, scratch.file("m.gguf")).notes.size() == 1);  // of scales
    const auto again = test::loaded_from(scratch.file("m.gguf"));
    // in a file of 2B4T's architecture the reader takes "default" for a defect
    CHECK(again.report.repairs.size() == (pre == pre_tokenizer::ggml_default ? 1 : 0));
    CHECK((again.tokenizer.vocab() == words) == again.report.repairs.empty());
    const std::string folder = scratch.file(std::to_string(n++));
    const auto report = test::written(t.source, folder, {.format = model_format::hugging_face});
    if (pre == pre_tokenizer::ggml_default) {
      REQUIRE(report.notes.size() == 1);
      CHECK_THAT(report.notes[0], Contains("tokenizer.trilith"));
      const auto own = tl::text::load_tokenizer(folder + "/tokenizer.trilith");
      CHECK(own.value().vocab() == words);
      continue;
    }
    CHECK(report.notes.empty());
    const auto hf = test::loaded_from(folder);
    CHECK(hf.tokenizer.vocab() == words);
    check_same_encoding(tokens, hf.tokenizer);
  }
}

TEST_CASE("what GGUF has no key for is a note", "[write_model_words]") {
  if (!test::has_byte_level()) return;
  const test::scratch_directory scratch("unit_write_model_words_notes");
  auto words = llama3_like(true);
  words.pre = pre_tokenizer::gpt2;
  words.nfc = true;
  words.pieces[266].strip_right = true;
  const talker t(test::byte_tokenizer(words), words.pieces.size());
  const auto report =
      test::written(t.source, scratch.file("m.gguf"), {.matrices = io::encoding::i2_s});
  REQUIRE(report.notes.size() == 3);
  CHECK_THAT(report.text(), Contains("NFC") && Contains("without merging") && Contains("swallow"));
}

TEST_CASE("rows of the embedding without a token are place holders", "[write_model_words]") {
  if (!test::has_byte_level()) return;
  const test::scratch_directory scratch("unit_write_model_padding");
  const auto words = llama3_like(true);
  const talker t(test::byte_tokenizer(words), words.pieces.size() + 5);
  (void)test::written(t.source, scratch.file("m.gguf"));
  const auto again = test::loaded_from(scratch.file("m.gguf"));
  CHECK(again.tokenizer.size() == words.pieces.size() + 5);
  CHECK(again.tokenizer.vocab().pieces.back().kind == piece_kind::unused);
  check_same_encoding(t.source.tokenizer, again.tokenizer);
  (void)test::written(t.source, scratch.file("m"), {.format = model_format::hugging_face});
  CHECK(test::loaded_from(scratch.file("m")).tokenizer.size() == words.pieces.size());

  const talker few(test::byte_tokenizer(words), words.pieces.size() - 1);
  const tl::error why = test::refusal_of(few.source, scratch.file("few.gguf"));
  CHECK(why.code == tl::errc::mismatch);
  CHECK_THAT(why.message, Contains("the tokenizer has 267 tokens, the model 266"));
}

TEST_CASE("a model like 2B4T gets its chat template and stop tokens", "[write_model_words]") {
  if (!test::has_byte_level()) return;
  const test::scratch_directory scratch("unit_write_model_chat");
  const auto words = llama3_like(true);
  const talker t(test::byte_tokenizer(words), words.pieces.size());
  const auto gguf_template = [&](const io::write_options& options, const char* chat = "none") {
    auto source = t.source;
    source.report.chat = chat;
    (void)test::written(source, scratch.file("m.gguf"), options);
    const auto file = io::open_gguf(scratch.file("m.gguf")).value();
    std::string_view out;
    if (const auto* v = file.find("tokenizer.chat_template"); v != nullptr) (void)v->as_string(out);
    return std::string(out);
  };
  CHECK(tl::text::chat_format_of(gguf_template({})).value() == tl::text::chat_format::bitnet);
  CHECK(gguf_template({.chat_template = "{{ mine }}"}) == "{{ mine }}");
  for (const auto& [name, format] : {std::pair{"llama3", tl::text::chat_format::llama3},
                                     std::pair{"chatml", tl::text::chat_format::chatml}}) {
    CHECK(tl::text::chat_format_of(gguf_template({}, name)).value() == format);
    auto source = t.source;
    source.report.chat = name;
    (void)test::written(source, scratch.file(name), {.format = model_format::hugging_face});
    const auto written = io::open_hf(scratch.file(name)).value();
    CHECK(tl::text::chat_format_of(written.chat_template).value() == format);
  }
  (void)test::written(t.source, scratch.file("m"), {.format = model_format::hugging_face});
  const auto hf = io::open_hf(scratch.file("m")).value();
  CHECK(tl::text::chat_format_of(hf.chat_template).value() == tl::text::chat_format::bitnet);
  CHECK(hf.config.eos_tokens == std::vector<std::int32_t>{265, 266});
  CHECK(hf.config.bos_token == 264);
}
