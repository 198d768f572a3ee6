#include <trilith/trilith.hpp>

#include "catch.hpp"
#include "session_fixture.hpp"

namespace tl = trilith;

namespace {

using blueprint = tl::presets::b1_58_relu<>;
using model = tl::packed<blueprint>;

/// Special pieces, the 256 bytes, and a few letters: a tokenizer without a file.
tl::text::tokenizer small_tokenizer() {
  tl::text::vocabulary words;
  words.pieces.push_back({"<unk>", 0, tl::text::piece_kind::unknown});
  words.pieces.push_back({"<s>", 0, tl::text::piece_kind::control});
  words.pieces.push_back({"</s>", 0, tl::text::piece_kind::control});
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    words.pieces.push_back({name, 0, tl::text::piece_kind::byte});
  }
  for (char letter = 'a'; letter <= 'z'; ++letter)
    words.pieces.push_back({std::string(1, letter), -1, tl::text::piece_kind::normal});
  words.unknown = 0;
  words.bos = 1;
  words.eos = 2;
  return tl::text::make_tokenizer(words, "small").value();
}

tl::text_model<model> small_writer(std::size_t vocab = 285, std::size_t width = 32) {
  tl::dense<blueprint> floats(tl::shape{.dim = width,
                                        .ffn_dim = 2 * width,
                                        .layers = 2,
                                        .heads = 4,
                                        .kv_heads = 4,
                                        .head_dim = width / 4,
                                        .vocab = vocab,
                                        .context = 64});
  tl::fill_random(floats, 5, 0.5f);
  return {tl::pack(floats), small_tokenizer()};
}

struct written {
  std::string text;
  tl::generation outcome;
};

written write(const tl::text_model<model>& writer, std::string_view prompt,
              const tl::generate_options& options) {
  written w;
  w.outcome =
      tl::generate(writer, prompt, options, [&](std::string_view p) { w.text += p; }).value();
  return w;
}

std::string failure(const tl::text_model<model>& writer, std::string_view prompt,
                    const tl::generate_options& options) {
  return tl::generate(writer, prompt, options, [](std::string_view) {}).error().message;
}

bool is_utf8(std::string_view text) {
  return static_cast<bool>(small_tokenizer().encode(text));
}

}  // namespace

TEST_CASE("the same seed writes the same text, another seed another", "[generate]") {
  const auto writer = small_writer();
  tl::generate_options options{.max_tokens = 40, .sampling = {.temperature = 1.5f, .seed = 1}};
  const auto first = write(writer, "abc", options);
  CHECK(is_utf8(first.text));
  CHECK(write(writer, "abc", options).text == first.text);
  options.threads = 2;
  CHECK(write(writer, "abc", options).text == first.text);
  options.sampling.seed = 2;
  CHECK(write(writer, "abc", options).text != first.text);
}

TEST_CASE("a program's own executor writes the same text", "[generate]") {
  const auto writer = small_writer(285, 128);  // wide enough to be worth several threads
  const std::string prompt(40, 'a');
  tl::generate_options options{.max_tokens = 20, .sampling = {.temperature = 1.5f, .seed = 1}};
  const auto alone = write(writer, prompt, options);
  std::size_t calls = 0;
  options.run = test::backwards(calls, 5);
  CHECK(write(writer, prompt, options).text == alone.text);
  CHECK(calls > 0);
  options.run = {};
  options.threads = 2;
  options.pin_threads = true;
  CHECK(write(writer, prompt, options).text == alone.text);
}

TEST_CASE("the cache has the format that is asked for", "[generate]") {
  const auto writer = small_writer();
  const tl::generate_options plain{.max_tokens = 5};
  tl::generate_options counted = plain;
  counted.kv = test::counting_kv{};
  test::counting_kv::puts = 0;
  CHECK(write(writer, "abc", counted).text == write(writer, "abc", plain).text);
  // 5 tokens of the prompt and 4 of the text, in 2 layers and 4 heads
  CHECK(test::counting_kv::puts == (5 + 4) * 2 * 4);

  tl::generate_options half = plain;
  half.max_tokens = 40;
  half.kv = tl::kv::f16{};
  auto s = tl::session<model>::open(writer.model, {.kv = tl::kv::f16{}}).value();
  std::string want;
  REQUIRE(tl::generate(s, writer.tokenizer, "abc", half, [&](std::string_view p) { want += p; }));
  CHECK(write(writer, "abc", half).text == want);
}

TEST_CASE("a batch writes what each prompt gets alone", "[generate]") {
  const auto writer = small_writer();
  const tl::generate_options options{.max_tokens = 20};
  const std::string_view prompts[] = {"abc", "", "hello world", "z"};
  std::string texts[4];
  const auto all = tl::generate_batch(writer.model, writer.tokenizer, prompts, options,
                                      [&](std::size_t i, std::string_view p) { texts[i] += p; });
  REQUIRE(all);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto alone = write(writer, prompts[i], options);
    CHECK(texts[i] == alone.text);
    CHECK((*all)[i].tokens == alone.outcome.tokens);
    CHECK((*all)[i].reason == alone.outcome.reason);
  }
}

TEST_CASE("a text ends where it is told to", "[generate]") {
  const auto writer = small_writer();
  const auto free = write(writer, "abc", {.max_tokens = 12});
  CHECK(free.outcome.reason == tl::stop_reason::max_tokens);
  CHECK(free.outcome.tokens == 12);
  CHECK(free.outcome.prompt_tokens == 5);  // BOS, the space in front, three letters

  // The last token that is written needs no place in the context: nothing follows it.
  const auto full = write(writer, std::string(59, 'a'), {.max_tokens = 1000});
  CHECK(full.outcome.reason == tl::stop_reason::context);
  CHECK(full.outcome.prompt_tokens == 61);
  CHECK(full.outcome.tokens == 4);

  std::size_t pieces = 0;
  const auto stopped = tl::generate(writer, "abc", {.max_tokens = 40},
                                    [&](std::string_view) { return ++pieces < 3; });
  REQUIRE(stopped);
  CHECK(stopped->reason == tl::stop_reason::callback);
  CHECK(pieces == 3);
}

TEST_CASE("stop tokens end a text and are not written", "[generate]") {
  const auto writer = small_writer();
  auto s = tl::session<model>::open(writer.model).value();
  REQUIRE(s.append(0, writer.tokenizer.encode("abc").value()));
  std::int32_t likeliest = 0;
  for (std::int32_t t = 1; t < 285; ++t)
    if (s.logits(0)[static_cast<std::size_t>(t)] > s.logits(0)[static_cast<std::size_t>(likeliest)])
      likeliest = t;
  const auto ended = write(writer, "abc", {.max_tokens = 40, .stop = {likeliest}});
  CHECK(ended.outcome.reason == tl::stop_reason::stop_token);
  CHECK(ended.outcome.tokens == 0);
  CHECK(ended.text.empty());
}

TEST_CASE("generate explains what it refuses", "[generate]") {
  const auto writer = small_writer();
  CHECK(failure(writer, "a\xFFz", {}).find("UTF-8") != std::string::npos);
  CHECK(failure(writer, std::string(80, 'a'), {}) ==
        "generate: a prompt of 82 tokens leaves no room in a context of 64.");
  CHECK(failure(writer, "a", {.max_tokens = 0}) ==
        "generate: expected max_tokens of at least 1, found 0.");
  CHECK(failure(writer, "a", {.sampling = {.temperature = -1.0f}}).find("temperature") !=
        std::string::npos);
  CHECK(failure({writer.model, {}}, "a", {}) ==
        "generate: the model has no tokenizer; load one with text::load_tokenizer().");
  CHECK(failure(small_writer(100), "a", {}) ==
        "generate: the tokenizer has 285 tokens, the model's vocabulary only 100.");
}

TEST_CASE("a conversation goes on where the last turn ended", "[generate]") {
  const auto writer = small_writer();
  const auto ignore = [](std::string_view) {};
  auto chat = tl::session<model>::open(writer.model).value();
  const auto first = tl::generate(chat, writer.tokenizer, "abc", {.max_tokens = 6}, ignore);
  REQUIRE(first);
  CHECK(first->prompt_tokens == 5);
  CHECK(chat.length(0) == 5 + first->tokens);
  const auto second = tl::generate(chat, writer.tokenizer, "xy", {.max_tokens = 4}, ignore);
  REQUIRE(second);
  CHECK(second->prompt_tokens == 3);  // no second BOS
  CHECK(chat.length(0) == 5 + first->tokens + 3 + second->tokens);

  // The same tokens in a fresh session predict the same.
  std::vector<std::int32_t> all;
  auto again = tl::session<model>::open(writer.model).value();
  const auto greedy = [&] {
    const auto logits = again.logits(0);
    std::size_t best = 0;
    for (std::size_t t = 1; t < logits.size(); ++t)
      if (logits[t] > logits[best]) best = t;
    return static_cast<std::int32_t>(best);
  };
  REQUIRE(again.append(0, writer.tokenizer.encode("abc").value()));
  for (std::size_t i = 0; i < first->tokens; ++i)
    REQUIRE(again.append(0, std::vector<std::int32_t>{greedy()}));
  REQUIRE(again.append(0, writer.tokenizer.encode("xy", {.bos = false}).value()));
  for (std::size_t i = 0; i < second->tokens; ++i)
    REQUIRE(again.append(0, std::vector<std::int32_t>{greedy()}));
  CHECK(std::equal(again.logits(0).begin(), again.logits(0).end(), chat.logits(0).begin()));

  const auto full = tl::generate(chat, writer.tokenizer, std::string(60, 'a'), {}, ignore);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == tl::errc::out_of_context);
}
