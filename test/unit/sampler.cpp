#include <trilith/infer/sampler.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::int32_t sampled(std::vector<float> logits, const tl::sampling& how, std::uint64_t position = 0,
                     const std::vector<std::int32_t>& history = {}, std::uint64_t sequence = 0) {
  tl::sampler_scratch scratch;
  return tl::sample(logits, history, how, sequence, position, scratch);
}

/// How often each token is drawn at positions 0, 1, ..., n - 1.
std::vector<double> counts(const std::vector<float>& logits, const tl::sampling& how, int n) {
  std::vector<double> out(logits.size());
  tl::sampler_scratch scratch(logits.size());
  for (int i = 0; i < n; ++i) {
    std::vector<float> row = logits;
    ++out[std::size_t(tl::sample(row, {}, how, 0, std::uint64_t(i), scratch))];
  }
  return out;
}

/// sum (seen - expected)^2 / expected, which has mean k - 1 and variance 2 (k - 1) for k outcomes.
double chi_square(const std::vector<double>& seen, const std::vector<double>& share, double n) {
  double sum = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (share[i] == 0) {
      CHECK(seen[i] == 0);
      continue;
    }
    sum += (seen[i] - share[i] * n) * (seen[i] - share[i] * n) / (share[i] * n);
  }
  return sum;
}

std::vector<double> shares(const std::vector<float>& logits, double temperature) {
  std::vector<double> out;
  double sum = 0;
  for (const float l : logits) sum += std::exp(double(l) / temperature);
  for (const float l : logits) out.push_back(std::exp(double(l) / temperature) / sum);
  return out;
}

/// Which tokens are ever drawn in many tries, as a string of digits.
std::string support(const std::vector<float>& logits, const tl::sampling& how) {
  const std::vector<double> seen = counts(logits, how, 4000);
  std::string out;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i] > 0) out += std::to_string(i);
  return out;
}

/// Logits whose weights at temperature 1 are in the ratio 4 : 1 : 2 : 8 : 1.
const std::vector<float> ladder{std::log(4.0f), 0.0f, std::log(2.0f), std::log(8.0f), 0.0f};

}  // namespace

TEST_CASE("greedy takes the first largest logit", "[sampler]") {
  CHECK(sampled({1, 3, 2}, {}) == 1);
  CHECK(sampled({1, 3, 3, 3}, {}) == 1);
  CHECK(sampled({-3}, {}) == 0);
  CHECK(sampled({-infinite, -5, -infinite}, {}) == 1);
  CHECK(sampled({-infinite, -infinite}, {}) == 0);
  CHECK(sampled({not_a_number, 1, not_a_number, 2}, {}) == 3);
  CHECK(sampled({not_a_number, not_a_number}, {}) == 0);
  CHECK(sampled({1, 2, 1}, {.temperature = 0, .top_k = 2, .seed = 9}) == 1);
}

TEST_CASE("drawn frequencies follow the softmax", "[sampler]") {
  const int n = 40'000;
  for (const float temperature : {0.5f, 1.0f, 2.0f})
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      const tl::sampling how{.temperature = temperature, .seed = seed};
      // mean 4, deviation sqrt 8: 24 is seven deviations away
      CHECK(chi_square(counts(ladder, how, n), shares(ladder, double(temperature)), n) < 24.0);
    }
}

TEST_CASE("what stays after top-k, top-p and min-p keeps its proportions", "[sampler]") {
  const int n = 40'000;
  const std::vector<double> two{4.0 / 12, 0, 0, 8.0 / 12, 0};
  const std::vector<double> three{4.0 / 14, 0, 2.0 / 14, 8.0 / 14, 0};
  const auto statistic = [&](tl::sampling how, const std::vector<double>& share) {
    how.temperature = 1;
    return chi_square(counts(ladder, how, n), share, n);
  };
  CHECK(statistic({.top_k = 2}, two) < 12.0);
  CHECK(statistic({.top_p = 0.7f}, two) < 12.0);
  CHECK(statistic({.min_p = 0.3f}, two) < 12.0);
  CHECK(statistic({.top_k = 3}, three) < 17.0);
}

TEST_CASE("top-k keeps the k largest, lower tokens first among equals", "[sampler]") {
  CHECK(support(ladder, {.temperature = 1, .top_k = 1}) == "3");
  CHECK(support(ladder, {.temperature = 1, .top_k = 3}) == "023");
  CHECK(support(ladder, {.temperature = 1, .top_k = 4}) == "0123");
  CHECK(support(ladder, {.temperature = 1, .top_k = 99}) == "01234");
  CHECK(support({0, 0, 0, 0}, {.temperature = 1, .top_k = 2}) == "01");
}

TEST_CASE("top-p keeps the fewest that reach the mass, after top-k", "[sampler]") {
  // of 16: 8, 12, 14, 15, 16
  CHECK(support(ladder, {.temperature = 1, .top_p = 0.01f}) == "3");
  CHECK(support(ladder, {.temperature = 1, .top_p = 0.49f}) == "3");
  CHECK(support(ladder, {.temperature = 1, .top_p = 0.6f}) == "03");
  CHECK(support(ladder, {.temperature = 1, .top_p = 0.8f}) == "023");
  CHECK(support(ladder, {.temperature = 1, .top_p = 0.99f}) == "01234");
  // of the two that top-k leaves, 8 and 4, the first has two thirds
  CHECK(support(ladder, {.temperature = 1, .top_k = 2, .top_p = 0.6f}) == "3");
}

TEST_CASE("min-p keeps what is likely enough beside the best", "[sampler]") {
  CHECK(support(ladder, {.temperature = 1, .min_p = 1.0f}) == "3");
  CHECK(support(ladder, {.temperature = 1, .min_p = 0.2f}) == "023");
  CHECK(support(ladder, {.temperature = 1, .min_p = 0.1f}) == "01234");
  CHECK(support({1, 1, 0}, {.temperature = 1, .min_p = 1.0f}) == "01");
}

TEST_CASE("the repetition penalty divides positive and multiplies negative logits", "[sampler]") {
  const tl::sampling how{.repetition_penalty = 2.0f, .repetition_window = 3};
  std::vector<float> logits{4, -1, 3, 2, 0};
  tl::sampler_scratch scratch;
  const std::vector<std::int32_t> history{2, 0, 1, 0, -7, 99};
  CHECK(tl::sample(logits, history, how, 0, 0, scratch) == 2);
  CHECK(logits == std::vector<float>{2, -1, 3, 2, 0});  // the window: 0, -7, 99
  const std::vector<std::int32_t> close{0, 1, 0};
  logits = {4, -1, 3, 2, 0};
  CHECK(tl::sample(logits, close, how, 0, 0, scratch) == 2);
  CHECK(logits == std::vector<float>{2, -2, 3, 2, 0});  // 0 occurs twice, and is penalised once
  CHECK(sampled({4, 3}, {.repetition_penalty = 2, .repetition_window = 0}, 0, {0}) == 0);
  CHECK(sampled({4, 3}, {.repetition_penalty = 0.5f}, 0, {1}) == 1);
}

TEST_CASE("a draw depends on seed, sequence and position alone", "[sampler]") {
  std::vector<float> logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = float(i % 7) * 0.1f;
  const tl::sampling how{.temperature = 1, .top_p = 0.9f, .seed = 5};
  const auto text = [&](const tl::sampling& s, std::uint64_t sequence) {
    std::vector<std::int32_t> out;
    for (std::uint64_t i = 0; i < 20; ++i) out.push_back(sampled(logits, s, i, {}, sequence));
    return out;
  };
  CHECK(text(how, 0) == text(how, 0));
  CHECK(text(how, 0) != text(how, 1));
  tl::sampling other = how;
  other.seed = 6;
  CHECK(text(how, 0) != text(other, 0));
  // what keeps everything changes nothing
  CHECK(text({.temperature = 1, .seed = 5}, 0) ==
        text({.temperature = 1, .top_k = 1000, .seed = 5}, 0));
}

TEST_CASE("extreme logits and temperatures draw the best token", "[sampler]") {
  for (std::uint64_t i = 0; i < 50; ++i) {
    CHECK(sampled({1, infinite, 2}, {.temperature = 1}, i) == 1);
    CHECK(sampled({-infinite, 0, -infinite}, {.temperature = 1}, i) == 1);
    CHECK(sampled({not_a_number, 0, not_a_number}, {.temperature = 1, .top_k = 2}, i) == 1);
    CHECK(sampled({-infinite, -infinite}, {.temperature = 1}, i) == 0);
    CHECK(sampled({3e38f, -3e38f, 0}, {.temperature = 1000}, i) == 0);
    CHECK(sampled({1, 1.5f, 1}, {.temperature = 1e-38f}, i) == 1);
  }
}

TEST_CASE("scratch of the vocabulary's size is not reallocated", "[sampler]") {
  tl::sampler_scratch scratch(5);
  const tl::candidate* heap = scratch.heap.data();
  for (std::uint64_t i = 0; i < 10; ++i) {
    std::vector<float> logits = ladder;
    const std::vector<std::int32_t> history{1, 2};
    static_cast<void>(
        tl::sample(logits, history, {.temperature = 1, .repetition_penalty = 2}, 0, i, scratch));
  }
  CHECK(scratch.heap.data() == heap);
  CHECK(scratch.seen == std::vector<unsigned char>(5));
}

TEST_CASE("absurd options are refused in words", "[sampler]") {
  CHECK(tl::check({}));
  CHECK(tl::check({.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f}));
  const auto refused = [](const tl::sampling& how, std::string_view words) {
    const tl::status s = tl::check(how);
    REQUIRE(!s);
    CHECK(s.error().code == tl::errc::invalid_argument);
    CHECK_THAT(s.error().message, Catch::Contains(std::string(words)));
  };
  for (const float bad : {not_a_number, infinite, -1.0f}) {
    refused({.temperature = bad}, "sampling::temperature is ");
    refused({.top_p = bad}, "sampling::top_p is ");
    refused({.min_p = bad}, "sampling::min_p is ");
    refused({.repetition_penalty = bad}, "sampling::repetition_penalty is ");
  }
  refused({.top_p = 0}, "sampling::top_p is 0.000000; expected a number above 0");
  refused({.top_p = 1.5f}, "up to 1");
  refused({.min_p = 1.5f}, "from 0");
  refused({.repetition_penalty = 0}, "above 0");
}
