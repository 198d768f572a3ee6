#include <trilith/infer/chat.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/model/initialize.hpp>

#include <algorithm>

#include "catch.hpp"
#include "model_fixture.hpp"
#include "sanitized.hpp"
#include "session_fixture.hpp"
#include "text_fixture.hpp"

namespace tl = trilith;
using Catch::Contains;

namespace {

using tokens = std::vector<std::int32_t>;
using model = tl::packed<test::blueprint<tl::weights::ternary<>>>;

constexpr std::size_t context = 96;

model talker() {
  tl::shape sizes = test::small_shape;
  sizes.vocab = 267;  // of words()
  sizes.context = context;
  tl::dense<model::blueprint> floats(sizes);
  tl::fill_random(floats, 3, 0.3f);
  return tl::pack(floats);
}

/// Bytes, a few words, and the control pieces of all formats.
tl::text::tokenizer words() {
  auto toy = test::toy_vocabulary({" ", "U", "\n"});
  for (const char* name :
       {"<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|im_start|>", "<|im_end|>"})
    toy.pieces.push_back({name, 0, tl::text::piece_kind::control});
  toy.dummy_prefix = false;
  return tl::text::make_tokenizer(toy, "toy").value();
}

/// What a chat should do, computed from nothing but its rule, with a new session for every token.
class reference {
 public:
  reference(const model& m, const tl::text::tokenizer& w, tl::chat_style style,
            const std::string& system)
      : m_(m), words_(w), style_(style) {
    head_ = tl::chatting::head(w, style, system).value();
    stop_ = tl::chatting::stops(w, style).value();
    stop_.insert(stop_.end(), {w.bos(), w.eos()});  // as generate() has it
  }

  tokens ask(const std::string& user, std::size_t most, std::size_t& dropped) {
    dropped = 0;
    const tokens question = tl::chatting::question(words_, style_, user).value();
    if (size() + question.size() >= context) dropped += drop(question.size() + context / 4, 0);
    turns_.push_back(question);
    tokens reply;
    while (reply.size() < most) {
      const std::int32_t next = greedy();
      if (std::find(stop_.begin(), stop_.end(), next) != stop_.end()) break;
      reply.push_back(next);
      turns_.back().push_back(next);
      if (reply.size() == most) break;
      if (size() > context) dropped += drop(context / 4, 1);
      if (size() > context) break;
    }
    const tokens end = tl::chatting::end_of_reply(words_, style_).value();
    turns_.back().insert(turns_.back().end(), end.begin(), end.end());
    return reply;
  }
  std::size_t size() const { return all().size(); }

 private:
  tokens all() const {
    tokens out = head_;
    for (const tokens& turn : turns_) out.insert(out.end(), turn.begin(), turn.end());
    return out;
  }
  std::size_t drop(std::size_t spare, std::size_t keep) {
    std::size_t count = 0;
    while (turns_.size() > keep && size() + spare > context) {
      turns_.erase(turns_.begin());
      ++count;
    }
    return count;
  }
  std::int32_t greedy() const {
    auto s = tl::session<model>::open(m_).value();
    REQUIRE(s.append(0, all()));
    const auto logits = s.logits(0);
    return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) -
                                     logits.begin());
  }

  const model& m_;
  const tl::text::tokenizer& words_;
  tl::chat_style style_;
  tokens head_, stop_;
  std::vector<tokens> turns_;
};

std::string trimmed(std::string text) {
  return text.erase(0, std::min(text.find_first_not_of(" \n"), text.size()));
}

tl::chat<model> opened(const model& m, const tl::text::tokenizer& w, tl::chat_style style,
                       const std::string& system = "", std::size_t most = 12) {
  return tl::chat<model>::open(m, w,
                               {.style = style, .system = system, .generate = {.max_tokens = most}})
      .value();
}

const auto ignore = [](std::string_view) {};

}  // namespace

TEST_CASE("every reply is the one to the turns so far, across dropped turns", "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  for (const tl::chat_style style : {tl::chat_style::bitnet, tl::chat_style::llama3,
                                     tl::chat_style::chatml, tl::chat_style::plain})
    for (const std::size_t most : {std::size_t{5}, std::size_t{30}}) {
      if (test::is_sanitized && most == 30 && style != tl::chat_style::chatml) continue;
      const std::string system = most == 5 ? "" : "Be brief.";
      CAPTURE(tl::name_of(style), most);
      auto chat = opened(m, w, style, system, most);
      reference want(m, w, style, system);
      std::size_t dropped = 0, forgotten = 0;
      for (const char* user : {"Hey", "And then?", "  Tell me more of it. ", "a", "b", "Why is it?",
                               "x", "Go on, please, and do not stop."}) {
        std::string streamed;
        const auto got = chat.ask(user, [&](std::string_view piece) { streamed += piece; });
        REQUIRE(got);
        const tokens reply = want.ask(user, most, dropped);
        CHECK(got->text == trimmed(w.decode(reply).value()));
        CHECK(got->outcome.tokens == reply.size());
        CHECK(streamed == got->text);
        CHECK(got->dropped_turns == dropped);
        CHECK(chat.tokens() == want.size());
        forgotten += dropped;
        CHECK(chat.forgotten() == forgotten);
      }
      CHECK(forgotten > 0);
      CHECK(chat.history().size() == 16);
      CHECK(chat.history()[4].content == "  Tell me more of it. ");
      CHECK(chat.history()[5].role == "assistant");
    }
}

TEST_CASE("a turn that cannot fit is refused, and the conversation goes on", "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  auto chat = opened(m, w, tl::chat_style::bitnet), other = opened(m, w, tl::chat_style::bitnet);
  (void)chat.ask("Hey", ignore).value();
  (void)other.ask("Hey", ignore).value();
  const auto refused = chat.ask(std::string(context, 'x'), ignore);
  REQUIRE(!refused);
  CHECK(refused.error().code == tl::errc::out_of_context);
  CHECK_THAT(refused.error().message, Contains("at most 94 tokens") && Contains("context of 96"));
  const auto invalid = chat.ask("\xFF", ignore);
  REQUIRE(!invalid);
  CHECK(invalid.error().code == tl::errc::invalid_value);
  CHECK(chat.history().size() == 2);
  CHECK(chat.ask("And then?", ignore)->text == other.ask("And then?", ignore)->text);
}

TEST_CASE("a turn that is cancelled while it is read leaves nothing behind", "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  auto chat = opened(m, w, tl::chat_style::bitnet), other = opened(m, w, tl::chat_style::bitnet);
  for (auto* each : {&chat, &other})
    for (const char* user : {"Hey", "How is that?"}) (void)each->ask(user, ignore).value();
  const std::size_t before = chat.tokens();
  const auto cancelled =
      chat.ask(std::string(66, 'x'), [](std::string_view piece) { return !piece.empty(); });
  REQUIRE(!cancelled);
  CHECK(cancelled.error().code == tl::errc::cancelled);
  CHECK(chat.tokens() == before);
  CHECK(chat.history().size() == 4);
  CHECK(chat.forgotten() == 0);
  CHECK(chat.ask("And then?", ignore)->text == other.ask("And then?", ignore)->text);
}

TEST_CASE("a conversation has the executor and the format of the cache that are asked for",
          "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  std::size_t calls = 0;
  test::counting_kv::puts = 0;
  auto own = tl::chat<model>::open(m, w,
                                   {.generate = {.max_tokens = 12,
                                                 .run = test::backwards(calls, 3),
                                                 .kv = test::counting_kv{}}})
                 .value();
  auto plain = opened(m, w, tl::chat_style::bitnet);
  for (const char* user : {"Hey", "And then?"})
    CHECK(own.ask(user, ignore)->text == plain.ask(user, ignore)->text);
  CHECK(calls > 0);
  CHECK(test::counting_kv::puts > 0);
}

TEST_CASE("a reply that is stopped stays in the conversation", "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  auto chat = opened(m, w, tl::chat_style::bitnet);
  std::size_t pieces = 0;
  const auto stopped = chat.ask("Hey", [&](std::string_view) { return ++pieces < 3; });
  REQUIRE(stopped);
  CHECK(stopped->outcome.reason == tl::stop_reason::callback);
  CHECK(pieces >= 3);
  CHECK(chat.history().back().content == stopped->text);
  reference want(m, w, tl::chat_style::bitnet, "");
  std::size_t dropped = 0;
  (void)want.ask("Hey", stopped->outcome.tokens, dropped);
  const tokens next = want.ask("And?", 12, dropped);
  CHECK(chat.ask("And?", ignore)->text == trimmed(w.decode(next).value()));
}

TEST_CASE("reset and another system turn begin anew", "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  auto chat = opened(m, w, tl::chat_style::llama3, "Be brief.");
  const std::size_t empty = chat.tokens();
  const std::string first = chat.ask("Hey", ignore)->text;
  (void)chat.ask("More", ignore).value();
  chat.reset();
  CHECK(chat.tokens() == empty);
  CHECK(chat.history().empty());
  CHECK(chat.ask("Hey", ignore)->text == first);
  REQUIRE(chat.set_system(""));
  CHECK(chat.tokens() == 1);
  CHECK(chat.ask("Hey", ignore)->text ==
        opened(m, w, tl::chat_style::llama3).ask("Hey", ignore)->text);
  const auto refused = chat.set_system(std::string(context, 'x'));
  REQUIRE(!refused);
  CHECK(refused.error().code == tl::errc::out_of_context);
  CHECK(chat.system().empty());
  CHECK(chat.history().size() == 2);
}

TEST_CASE("a reply alone can fill the context", "[chat]") {
  const model m = talker();
  const tl::text::tokenizer w = words();
  auto chat = opened(m, w, tl::chat_style::bitnet, "", 500);
  reference want(m, w, tl::chat_style::bitnet, "");
  std::size_t dropped = 0;
  for (const char* user : {"Hey", "More", "Yet more"}) {
    const auto got = chat.ask(user, ignore);
    REQUIRE(got);
    CHECK(got->text == trimmed(w.decode(want.ask(user, 500, dropped)).value()));
    CHECK(got->dropped_turns == dropped);
  }
}

TEST_CASE("a plain reply ends at a line end, whichever token has it", "[chat]") {
  const tl::text::tokenizer w = words();
  const tokens stop = tl::chatting::stops(w, tl::chat_style::plain).value();
  REQUIRE(stop.size() == 2);
  CHECK(w.vocab().pieces[static_cast<std::size_t>(stop[0])].text == "<0x0A>");
  CHECK(w.vocab().pieces[static_cast<std::size_t>(stop[1])].text == "\n");
  const tokens turn = tl::chatting::question(w, tl::chat_style::plain, "a\nb").value();
  CHECK(w.decode(turn).value() == "User: a b\nAssistant:");
}

TEST_CASE("styles have names; what cannot be opened says why", "[chat]") {
  for (const std::string_view name : tl::chat_style_names)
    CHECK(tl::name_of(tl::chat_style_named(name).value()) == name);
  for (const char* name : {"", "none", "alpaca"}) {
    const auto unknown = tl::chat_style_named(name);
    REQUIRE(!unknown);
    CHECK(unknown.error().code == tl::errc::unsupported);
    CHECK_THAT(unknown.error().message, Contains("bitnet, llama3, chatml, plain"));
  }
  const model m = talker();
  const auto plain_words = tl::text::make_tokenizer(test::toy_vocabulary({"a"}), "toy").value();
  const auto no_pieces = tl::chat<model>::open(m, plain_words, {.style = tl::chat_style::chatml});
  REQUIRE(!no_pieces);
  CHECK(no_pieces.error().code == tl::errc::mismatch);
  CHECK_THAT(no_pieces.error().message, Contains("<|im_end|>"));
  const auto no_words = tl::chat<model>::open(m, tl::text::tokenizer{}, {});
  REQUIRE(!no_words);
  CHECK_THAT(no_words.error().message, Contains("has no tokenizer"));
  const tl::text::tokenizer w = words();
  const auto no_room = tl::chat<model>::open(m, w, {.system = std::string(99, 'x')});
  REQUIRE(!no_room);
  CHECK(no_room.error().code == tl::errc::out_of_context);
}
