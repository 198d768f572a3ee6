#include <trilith/infer/perplexity.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/model/initialize.hpp>
#include <trilith/model/presets.hpp>

#include "../../examples/stories.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "data.hpp"
#include "model_fixture.hpp"
#include "session_fixture.hpp"

namespace tl = trilith;
using Catch::Contains;

namespace {

using tokens = std::vector<std::int32_t>;
using model = tl::packed<test::blueprint<tl::weights::ternary<>>>;

model small_model() {
  return tl::pack(test::random_dense<model::blueprint>());
}
tokens text_of(std::size_t count) {
  tokens out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(static_cast<std::int32_t>((i * i * 7 + 3 * i + 1) % 50));
  return out;
}

/// -ln p of the last token after the others, each time from an empty cache.
double surprise_alone(const model& m, const tokens& before, std::int32_t next) {
  auto s = tl::session<model>::open(m).value();
  REQUIRE(s.append(0, before));
  double sum = 0;
  for (const float l : s.logits(0)) sum += std::exp(static_cast<double>(l));
  const auto logit = s.logits(0)[static_cast<std::size_t>(next)];
  return std::log(sum) - static_cast<double>(logit);
}

/// The definition, token by token: windows by hand.
tl::likelihood by_hand(const model& m, const tokens& text, const tl::perplexity_options& how) {
  tl::likelihood sum;
  const bool adds = how.bos >= 0 && !how.bos_replaces;
  const std::size_t room = how.window - (adds ? 1 : 0);
  const std::size_t stride = how.stride == 0 ? room : how.stride;
  std::size_t reached = 0;
  for (std::size_t first = 0; reached < text.size(); first += stride) {
    const std::size_t end = std::min(first + room, text.size());
    if (how.only_whole && end - first != room) break;
    tokens window(text.begin() + static_cast<std::ptrdiff_t>(first),
                  text.begin() + static_cast<std::ptrdiff_t>(end));
    if (adds) window.insert(window.begin(), how.bos);
    if (how.bos_replaces && how.bos >= 0) window[0] = how.bos;
    for (std::size_t i = 1; i < window.size(); ++i) {
      const std::size_t place = first + i - (adds ? 1 : 0);
      if (place < reached || i < how.least_context) continue;
      const tokens before(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(i));
      sum.surprise += surprise_alone(m, before, window[i]);
      ++sum.tokens;
    }
    ++sum.windows;
    reached = end;
  }
  return sum;
}

void check_against_hand(const model& m, const tokens& text, const tl::perplexity_options& how) {
  CAPTURE(text.size(), how.window, how.stride, how.least_context, how.bos, how.bos_replaces);
  const tl::likelihood want = by_hand(m, text, how);
  const auto got = tl::perplexity(m, text, how);
  if (want.tokens == 0) {
    REQUIRE(!got);
    CHECK(got.error().code == tl::errc::invalid_argument);
    return;
  }
  REQUIRE(got);
  CHECK(got->tokens == want.tokens);
  CHECK(got->windows == want.windows);
  CHECK(got->surprise == Approx(want.surprise).epsilon(1e-6));
}

}  // namespace

TEST_CASE("surprise is -ln softmax, whatever the size of the logits", "[perplexity]") {
  const std::vector<float> even(8, 3.0f);
  CHECK(tl::surprise_of(even, 2) == Approx(std::log(8.0)));
  const std::vector<float> large{10000.0f, 9990.0f, -30000.0f};
  CHECK(tl::surprise_of(large, 0) == Approx(std::log1p(std::exp(-10.0))));
  CHECK(tl::surprise_of(large, 2) == Approx(40000.0));
}

TEST_CASE("every window scores what the definition says", "[perplexity]") {
  const model m = small_model();
  for (const std::size_t count : std::vector<std::size_t>{1, 2, 7, 8, 9, 33, 50})
    for (const tl::perplexity_options& how : std::vector<tl::perplexity_options>{
             {.window = 8},
             {.window = 8, .bos = 1},
             {.window = 8, .stride = 3},
             {.window = 8, .stride = 3, .bos = 1},
             {.window = 8, .stride = 1},
             {.window = 8, .least_context = 4},
             {.window = 8, .stride = 4, .least_context = 3, .bos = 2},
             {.window = 2, .bos = 1},
             {.window = 32, .only_whole = true},
             tl::like_llama_cpp(8, 1),
             tl::like_llama_cpp(9, -1)})
      check_against_hand(m, text_of(count), how);
}

TEST_CASE("with BOS every token is scored, without it the first of each window is not",
          "[perplexity]") {
  const model m = small_model();
  CHECK(tl::perplexity(m, text_of(50), {.window = 8, .bos = 1})->tokens == 50);
  CHECK(tl::perplexity(m, text_of(50), {.window = 8})->tokens == 50 - 7);
  CHECK(tl::perplexity(m, text_of(50), {.window = 8, .stride = 4})->tokens == 49);
  CHECK(tl::perplexity(m, text_of(50))->windows == 2);  // of the model's context of 32
  CHECK(tl::perplexity(m, text_of(50), tl::like_llama_cpp(8, 1))->tokens == 6 * 3);
}

TEST_CASE("threads do not change the sums", "[perplexity]") {
  const model m = small_model();
  const auto one = tl::perplexity(m, text_of(50), {.stride = 9});
  const auto three = tl::perplexity(m, text_of(50), {.stride = 9, .threads = 3});
  CHECK(one->surprise == three->surprise);
}

TEST_CASE("a program's own executor and format of the cache are used", "[perplexity]") {
  const model m = small_model();
  const auto plain = tl::perplexity(m, text_of(50), {.stride = 9});
  std::size_t calls = 0;
  test::counting_kv::puts = 0;
  const auto own = tl::perplexity(
      m, text_of(50), {.stride = 9, .run = test::backwards(calls, 3), .kv = test::counting_kv{}});
  REQUIRE(own);
  CHECK(own->surprise == plain->surprise);
  CHECK(calls > 0);
  CHECK(test::counting_kv::puts > 0);
  const auto half = tl::perplexity(m, text_of(50), {.stride = 9, .kv = tl::kv::f16{}});
  REQUIRE(half);
  CHECK(half->surprise != plain->surprise);
  CHECK(half->surprise == Approx(plain->surprise).epsilon(0.01));
}

TEST_CASE("sums add up and become perplexity and bits", "[perplexity]") {
  tl::likelihood sum{.surprise = 2 * std::log(8.0), .tokens = 2, .windows = 1};
  CHECK(sum.perplexity() == Approx(8.0));
  CHECK(sum.bits_per_byte(2, 3) == Approx(2.0));
  CHECK(sum.bits_per_byte(4, 3) == Approx(4.0));
  sum += {.surprise = 0.0, .tokens = 2, .windows = 1};
  CHECK(sum.perplexity() == Approx(std::sqrt(8.0)));
  CHECK(tl::likelihood{}.perplexity() == 1.0);
  CHECK(tl::likelihood{}.bits_per_byte(0, 0) == 0.0);
}

TEST_CASE("the callback hears of progress and may cancel", "[perplexity]") {
  const model m = small_model();
  std::vector<double> fractions;
  const auto whole = tl::perplexity(
      m, text_of(50), {.window = 8, .bos = 1},
      [&](const tl::likelihood&, double fraction) { fractions.push_back(fraction); });
  REQUIRE(whole);
  CHECK(fractions.size() == whole->windows);
  CHECK(std::is_sorted(fractions.begin(), fractions.end()));
  CHECK(fractions.back() == 1.0);
  std::size_t calls = 0;
  const auto cancelled = tl::perplexity(m, text_of(50), {.window = 8},
                                        [&](const tl::likelihood&, double) { return ++calls < 3; });
  REQUIRE(!cancelled);
  CHECK(cancelled.error().code == tl::errc::cancelled);
  CHECK(calls == 3);
}

TEST_CASE("options and tokens that make no sense are refused in words", "[perplexity]") {
  const model m = small_model();
  const auto refuses = [&](const tokens& text, const tl::perplexity_options& how, tl::errc code,
                           const char* words) {
    const auto got = tl::perplexity(m, text, how);
    REQUIRE(!got);
    CHECK(got.error().code == code);
    CHECK_THAT(got.error().message, Contains(words));
  };
  using enum tl::errc;
  refuses(text_of(9), {.window = 33}, invalid_argument, "context of 32, found 33");
  refuses(text_of(9), {.window = 1}, invalid_argument, "from 2 to");
  refuses(text_of(9), {.window = 8, .stride = 9}, invalid_argument, "at most 8");
  refuses(text_of(9), {.window = 8, .stride = 8, .bos = 1}, invalid_argument, "at most 7");
  refuses(text_of(9), {.window = 8, .least_context = 8}, invalid_argument, "least_context");
  refuses(text_of(9), {.bos = 50}, invalid_value, "BOS below 50, found 50");
  refuses({1, 2, 50}, {}, invalid_value, "found 50 as token 2");
  refuses({1, -2}, {}, invalid_value, "found -2 as token 1");
  refuses({}, {}, invalid_argument, "found none among 0");
  refuses({5}, {}, invalid_argument, "found none among 1");
}

TEST_CASE("bitnet-stories-1M has the likelihood that is known of it", "[perplexity]") {
  const std::string weights = test::data_file("models/bitnet-stories-1M/model.bin");
  const std::string stories_file =
      test::data_file("models/bitnet-stories-1M/tokens_cs336_stories.txt");
  if (weights.empty() || stories_file.empty()) return;
  const auto m = tl::io::load_bitllama2c<tl::packed<stories::blueprint>>(weights).value();
  tl::likelihood sum;
  std::ifstream file(stories_file);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    tokens story;
    for (std::int32_t token; words >> token;) story.push_back(token);
    if (story.empty()) continue;
    const auto one = tl::perplexity(m, story);
    REQUIRE(one);
    sum += *one;
  }
  CHECK(sum.tokens == 1804);
  CHECK(sum.mean() == Approx(1.3258).margin(0.0004));
}
