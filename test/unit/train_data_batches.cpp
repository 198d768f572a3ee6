#include <algorithm>
#include <cmath>
#include <numeric>

#include "train_data_fixture.hpp"

using namespace test;

namespace {

std::vector<std::uint64_t> order(std::uint64_t n, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < n; ++i) out.push_back(tl::permuted(i, n, seed, epoch));
  return out;
}
bool is_permutation(std::vector<std::uint64_t> of) {
  std::sort(of.begin(), of.end());
  for (std::size_t i = 0; i < of.size(); ++i)
    if (of[i] != i) return false;
  return true;
}
std::vector<std::int32_t> flat(trilith::span2d<const std::int32_t> x) {
  return {x.data, x.data + x.rows * x.cols};
}

static_assert(tl::permuted(0, 1, 1, 1) == 0);
static_assert(tl::permuted(3, 10, 1, 0) < 10);

}  // namespace

TEST_CASE("permuted() is a permutation of every size", "[train]") {
  for (std::uint64_t n = 1; n < 300; ++n) CHECK(is_permutation(order(n, 7, n)));
  for (const std::uint64_t n : {1023u, 1024u, 1025u, 4096u, 10007u, 65536u, 65537u})
    CHECK(is_permutation(order(n, 1, 0)));
  CHECK(tl::permuted(5, ~std::uint64_t{0}, 1, 0) != tl::permuted(6, ~std::uint64_t{0}, 1, 0));
}

TEST_CASE("permutations differ by seed and epoch", "[train]") {
  CHECK(order(100, 1, 0) == order(100, 1, 0));
  CHECK(order(100, 1, 0) != order(100, 2, 0));
  CHECK(order(100, 1, 0) != order(100, 1, 1));
}

TEST_CASE("every element comes first about equally often", "[train]") {
  for (const std::size_t n : {2u, 3u, 5u, 7u, 12u}) {
    std::vector<double> first(n), last(n);
    const std::size_t epochs = 1000 * n;
    for (std::size_t e = 0; e < epochs; ++e) {
      ++first[tl::permuted(0, n, 1, e)];
      ++last[tl::permuted(n - 1, n, 1, e)];
    }
    for (std::size_t i = 0; i < n; ++i) {  // 5 standard deviations
      CHECK(std::abs(first[i] - 1000) < 5 * std::sqrt(1000.0));
      CHECK(std::abs(last[i] - 1000) < 5 * std::sqrt(1000.0));
    }
  }
}

TEST_CASE("each window comes once in an epoch", "[train]") {
  const written_tokens with("train_data_epoch");
  const auto file = with.open();
  const auto made = tl::make_batches(file, {.batch = 7, .length = 10, .seed = 3});
  REQUIRE(made);
  const std::uint64_t windows = made->windows();
  CHECK(windows == (file.size() - 1) / 10);
  std::vector<std::uint64_t> seen;
  for (std::uint64_t g = 0; g < 3 * windows; ++g) seen.push_back(made->window(g / 7, g % 7));
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    const auto begin = seen.begin() + static_cast<std::ptrdiff_t>(epoch * windows);
    CHECK(is_permutation({begin, begin + static_cast<std::ptrdiff_t>(windows)}));
  }
  CHECK(made->epoch(0) == 0);
  CHECK(made->epoch(windows) == 7);
}

TEST_CASE("targets are the tokens behind", "[train]") {
  const written_tokens with("train_data_targets");
  const auto file = with.open();
  const auto made = tl::make_batches(file, {.batch = 4, .length = 16}).value();
  const auto batch = made.at(5);
  CHECK(batch.rows() == 4);
  CHECK(batch.length() == 16);
  for (std::size_t b = 0; b < 4; ++b)
    for (std::size_t t = 0; t < 16; ++t) {
      CHECK(batch.tokens()(b, t) == file[made.window(5, b) * 16 + t]);
      CHECK(batch.targets()(b, t) == file[made.window(5, b) * 16 + t + 1]);
    }
}

TEST_CASE("micro-batches and ranks give the same global batch", "[train]") {
  const written_tokens with("train_data_micro");
  const auto file = with.open();
  const tl::batch_options options{.batch = 12, .length = 8, .seed = 5};
  const auto made = tl::make_batches(file, options).value();
  for (const std::uint64_t step : {0u, 1u, 17u, 1'000'000u})
    for (const std::size_t parts : {1u, 2u, 3u, 4u, 6u, 12u}) {
      std::vector<std::int32_t> tokens, targets;
      tl::token_batch part;
      for (std::size_t p = 0; p < parts; ++p) {
        made.read(step, p * 12 / parts, 12 / parts, part);
        for (const std::int32_t x : flat(part.tokens())) tokens.push_back(x);
        for (const std::int32_t x : flat(part.targets())) targets.push_back(x);
      }
      CHECK(tokens == flat(made.at(step).tokens()));
      CHECK(targets == flat(made.at(step).targets()));
    }
}

TEST_CASE("a run that resumes sees what it would have seen", "[train]") {
  const written_tokens with("train_data_resume");
  const tl::batch_options options{.batch = 5, .length = 12, .seed = 9};
  std::vector<std::vector<std::int32_t>> through;
  {
    const auto file = with.open();
    const auto made = tl::make_batches(file, options).value();
    for (std::uint64_t step = 0; step < 40; ++step) through.push_back(flat(made.at(step).tokens()));
  }
  const auto file = with.open();
  const auto again = tl::make_batches(file, options).value();
  for (std::uint64_t step = 23; step < 40; ++step)
    CHECK(flat(again.at(step).tokens()) == through[step]);
}

TEST_CASE("validation has every token but the first as a target once, in order", "[train]") {
  const written_tokens with("train_data_order");
  const auto file = with.open();
  for (const std::size_t length : {1u, 7u, 64u, 100'000u}) {
    const auto made = tl::make_batches_in_order(file, {.batch = 3, .length = length}).value();
    std::vector<std::int32_t> tokens, targets;
    for (std::size_t step = 0; step < made.steps(); ++step) {
      const auto batch = made.at(step);
      CHECK(batch.rows() <= 3);
      CHECK(batch.length() <= length);
      for (const std::int32_t x : flat(batch.tokens())) tokens.push_back(x);
      for (const std::int32_t x : flat(batch.targets())) targets.push_back(x);
    }
    std::vector<std::int32_t> all = all_tokens(file);
    CHECK(targets == std::vector<std::int32_t>(all.begin() + 1, all.end()));
    all.pop_back();
    CHECK(tokens == all);
  }
}

TEST_CASE("batches that the file cannot give are refused in words", "[train]") {
  const written_tokens with("train_data_short", 5);
  const auto file = with.open();
  const auto check = [&](const tl::batch_options& options, std::string_view words) {
    const auto made = tl::make_batches(file, options);
    REQUIRE(!made);
    CHECK(made.error().code == errc::invalid_argument);
    CAPTURE(made.error().message);
    CHECK(made.error().message.find(words) != std::string::npos);
  };
  check({.batch = 0}, "found batch = 0, length = 256");
  check({.length = 0}, "found batch = 32, length = 0");
  check({.batch = 1, .length = ~std::size_t{0}}, "at most 2147483648 tokens");
  check({.length = file.size()}, "need at least " + std::to_string(file.size() + 1) + " tokens");
  CHECK(tl::make_batches(file, {.batch = 1, .length = file.size() - 1})->windows() == 1);
  CHECK(!tl::make_batches_in_order(file, {.length = 0}));
}
