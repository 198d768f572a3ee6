#include <trilith/trilith.hpp>

#if defined(__linux__)
#include <sched.h>
#endif

#include <filesystem>
#include <thread>

#include "catch.hpp"

namespace tl = trilith;

namespace {

using tokens = std::vector<std::int32_t>;
using model = tl::packed<tl::presets::b1_58_relu<>>;

/// A small model of random ternary weights; odd sizes on purpose.
model small_model() {
  tl::dense<tl::presets::b1_58_relu<>> floats(tl::shape{.dim = 40,
                                                        .ffn_dim = 86,
                                                        .layers = 2,
                                                        .heads = 4,
                                                        .kv_heads = 2,
                                                        .head_dim = 10,
                                                        .vocab = 30,
                                                        .context = 500});
  tl::fill_random(floats, 3, 0.5f);
  return tl::pack(floats);
}

tokens some_tokens(std::size_t count) {
  tokens all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<std::int32_t>(i * i % 30);
  return all;
}

std::vector<float> copy(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// |a - b|^2 / |b|^2
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double apart = 0, whole = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    apart += static_cast<double>((a[i] - b[i]) * (a[i] - b[i]));
    whole += static_cast<double>(b[i] * b[i]);
  }
  return apart / whole;
}

#if defined(__linux__)
std::size_t threads_on_one_processor() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    cpu_set_t set;
    CPU_ZERO(&set);
    const int thread = std::stoi(entry.path().filename().string());
    count += ::sched_getaffinity(thread, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
  }
  return count;
}
#endif

std::string message(const tl::status& outcome) {
  return outcome ? "" : outcome.error().message;
}

}  // namespace

TEST_CASE("a prompt may be fed in any number of pieces", "[session]") {
  const model m = small_model();
  const tokens prompt = some_tokens(450);  // more than two passes
  auto whole = tl::session<model>::open(m).value();
  REQUIRE(whole.append(0, prompt));
  auto pieces = tl::session<model>::open(m).value();
  for (std::size_t at = 0; at < prompt.size(); at += 7)
    REQUIRE(pieces.append(0, std::span(prompt).subspan(at, std::min<std::size_t>(7, 450 - at))));
  CHECK(pieces.length(0) == 450);
  CHECK(copy(pieces.logits(0)) == copy(whole.logits(0)));
}

TEST_CASE("scoring leaves the logits that appending leaves", "[session]") {
  const model m = small_model();
  const tokens prompt = some_tokens(70);
  auto appended = tl::session<model>::open(m).value();
  REQUIRE(appended.append(0, prompt));
  auto scored = tl::session<model>::open(m).value();
  std::size_t visited = 0;
  REQUIRE(scored.score(0, prompt, [&](std::size_t i, std::span<float>) { visited += i; }));
  CHECK(visited == 69 * 70 / 2);
  CHECK(copy(scored.logits(0)) == copy(appended.logits(0)));
}

TEST_CASE("the cache is kept between turns and can be rewound", "[session]") {
  const model m = small_model();
  const tokens prompt = some_tokens(40);
  auto s = tl::session<model>::open(m).value();
  REQUIRE(s.append(0, std::span(prompt).first(30)));
  const auto after_30 = copy(s.logits(0));
  REQUIRE(s.append(0, std::span(prompt).subspan(30)));
  CHECK(copy(s.logits(0)) != after_30);
  s.rewind(0, 29);
  REQUIRE(s.append(0, std::span(prompt).subspan(29, 1)));
  CHECK(copy(s.logits(0)) == after_30);
}

TEST_CASE("sequences do not see each other", "[session]") {
  const model m = small_model();
  const tokens prompt = some_tokens(20);
  auto alone = tl::session<model>::open(m).value();
  REQUIRE(alone.append(0, prompt));
  auto s = tl::session<model>::open(m, {.sequences = 3}).value();
  REQUIRE(s.append(0, some_tokens(9)));
  REQUIRE(s.append(2, prompt));
  REQUIRE(s.append(1, some_tokens(13)));
  CHECK(copy(s.logits(2)) == copy(alone.logits(0)));
}

TEST_CASE("a session refuses what it cannot do and stays as it was", "[session]") {
  const model m = small_model();
  auto s = tl::session<model>::open(m, {.context = 10}).value();
  REQUIRE(s.append(0, some_tokens(8)));
  const auto before = copy(s.logits(0));
  CHECK(message(s.append(0, some_tokens(3))) ==
        "session: 8 + 3 tokens do not fit into a context of 10.");
  CHECK(message(s.append(0, tokens{30})) == "session: expected tokens in [0, 30), found 30.");
  CHECK(message(s.append(0, tokens{-1})) == "session: expected tokens in [0, 30), found -1.");
  CHECK(message(s.append(1, tokens{1})) == "session: expected a sequence below 1, found 1.");
  CHECK(s.length(0) == 8);
  CHECK(copy(s.logits(0)) == before);
  CHECK(tl::session<model>::open(m, {.context = 501}).error().message ==
        "session: expected a context of at most 500 tokens, found 501.");
  CHECK(tl::session<model>::open(m, {.sequences = 0}).error().code == tl::errc::invalid_argument);
  CHECK(tl::session<model>::open(m, {.threads = 1'000'000}).error().message ==
        "session: expected at most 1024 threads, found 1000000.");
  for (const std::size_t threads : {0u, 1025u}) {
    const auto in_turn = [](void*, std::size_t count, tl::executor::task task,
                            void* argument) noexcept {
      for (std::size_t i = 0; i < count; ++i) task(argument, i);
    };
    CHECK(tl::session<model>::open(m, {.run = {nullptr, in_turn, threads}}).error().message ==
          tl::join("session: expected an executor of 1 to 1024 threads, found ", threads, "."));
  }
  CHECK(tl::session<model>::open(m, {.sequences = std::size_t{1} << 50}).error().code ==
        tl::errc::out_of_memory);
}

TEST_CASE("step() takes a sequence only once", "[session]") {
  const model m = small_model();
  auto s = tl::session<model>::open(m, {.sequences = 2}).value();
  const std::vector<tl::next_token> twice{{0, 1}, {0, 2}};
  CHECK(message(s.step(twice)) == "session: step() was given sequence 0 twice.");
  CHECK(s.length(0) == 0);
}

TEST_CASE("a program's own executor may run the pieces", "[session]") {
  const model m = small_model();
  const tokens prompt = some_tokens(30);
  auto plain = tl::session<model>::open(m).value();
  REQUIRE(plain.append(0, prompt));
  std::size_t calls = 0;
  const auto backwards = [](void* context, std::size_t count, tl::executor::task task,
                            void* argument) noexcept {
    ++*static_cast<std::size_t*>(context);
    while (count-- > 0) task(argument, count);
  };
  auto own = tl::session<model>::open(m, {.run = {&calls, backwards, 5}}).value();
  REQUIRE(own.append(0, prompt));
  CHECK(calls > 0);
  CHECK(copy(own.logits(0)) == copy(plain.logits(0)));
}

TEST_CASE("threads may stay on one processor each", "[session]") {
  const model m = small_model();
  const tokens prompt = some_tokens(30);
  auto plain = tl::session<model>::open(m).value();
  auto pinned = tl::session<model>::open(m, {.threads = 2, .pin_threads = true}).value();
  REQUIRE(plain.append(0, prompt));
  REQUIRE(pinned.append(0, prompt));
  CHECK(copy(pinned.logits(0)) == copy(plain.logits(0)));
#if defined(__linux__)
  const std::size_t now = threads_on_one_processor();
  CHECK(now > 0);
  { const auto gone = std::move(pinned); }
  // where a program has one processor, all its threads are on it
  CHECK((threads_on_one_processor() < now || std::thread::hardware_concurrency() == 1));
#endif
}

TEST_CASE("heads of every kind of weights run", "[session]") {
  using int8_head = tl::tied_head<tl::weights::int8<>>;
  using integer_head = tl::tied_head<tl::weights::int8<>, tl::activations::int8<>>;
  using half_heads = tl::separate_head<tl::weights::f16, tl::weights::bf16>;
  const tokens prompt = some_tokens(12);
  const auto logits_of = [&]<class Head>(Head) {
    using blueprint = tl::decoder<tl::presets::b1_58_relu<>::block, Head>;
    tl::dense<blueprint> floats(small_model().sizes);
    tl::fill_random(floats, 3, 0.5f);
    const auto m = tl::pack(floats);
    auto s = tl::session<std::remove_cv_t<decltype(m)>>::open(m).value();
    REQUIRE(s.append(0, prompt));
    return copy(s.logits(0));
  };
  const auto exact = logits_of(tl::tied_head<tl::weights::f32>{});
  const auto rounded = logits_of(tl::tied_head<tl::weights::bf16>{});
  const auto coded = logits_of(int8_head{}), integer = logits_of(integer_head{});
  CHECK(distance(rounded, exact) < 0.02);
  CHECK(distance(coded, exact) < 0.02);
  CHECK(distance(integer, coded) < 0.02);
  CHECK(coded != exact);
  CHECK(integer != coded);
  CHECK(logits_of(half_heads{}) != exact);  // a matrix of its own
}

TEST_CASE("dense runs like packed up to rounding", "[session]") {
  const model m = small_model();
  const auto floats = tl::dequantize(m);
  const tokens prompt = some_tokens(25);
  auto a = tl::session<model>::open(m).value();
  auto b = tl::session<std::remove_cv_t<decltype(floats)>>::open(floats).value();
  REQUIRE(a.append(0, prompt));
  REQUIRE(b.append(0, prompt));
  CHECK(distance(copy(a.logits(0)), copy(b.logits(0))) < 1e-3);
}
