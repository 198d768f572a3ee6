#include <trilith/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include "catch.hpp"

namespace tl = trilith;

namespace {
using words = std::array<std::uint32_t, 4>;
}

TEST_CASE("philox gives the published answers") {
  // known-answer vectors of the paper's own implementation, philox4x32 with 10 rounds
  static_assert(tl::philox(0, 0, 0) == words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(tl::philox(~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}) ==
        words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  // counter and key are digits of pi
  CHECK(tl::philox(0x299f31d0'a4093822, 0x03707344'13198a2e, 0x85a308d3'243f6a88) ==
        words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("every argument changes the words") {
  const auto base = tl::philox(1, 2, 3);
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t flip = std::uint64_t{1} << bit;
    CHECK(tl::philox(1 ^ flip, 2, 3) != base);
    CHECK(tl::philox(1, 2 ^ flip, 3) != base);
    CHECK(tl::philox(1, 2, 3 ^ flip) != base);
  }
}

TEST_CASE("uniform is uniform on [0, 1)") {
  constexpr int n = 1'000'000, bins = 64;
  std::array<int, bins> seen{};
  double sum = 0, squares = 0;
  float low = 1, high = 0;
  for (int i = 0; i < n; ++i) {
    const float u = tl::uniform(2024, 7, std::uint64_t(i));
    low = std::min(low, u);
    high = std::max(high, u);
    sum += double(u);
    squares += double(u) * double(u);
    ++seen[std::size_t(u * bins)];
  }
  CHECK(low >= 0.0f);
  CHECK(high < 1.0f);
  CHECK(low < 1e-5f);
  CHECK(high > 1 - 1e-5f);
  // standard deviations of the means of u and u^2 over n draws: sqrt(1/12 n), sqrt(4/45 n)
  CHECK(std::abs(sum / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(squares / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
  double chi_square = 0;  // mean 63, deviation sqrt(126) = 11.2
  for (const int count : seen) chi_square += std::pow(count - double(n) / bins, 2) * bins / n;
  CHECK(chi_square < 63 + 5 * 11.2);
  CHECK(chi_square > 63 - 5 * 11.2);
}

TEST_CASE("neighbouring counters and streams are not correlated") {
  constexpr int n = 100'000;
  double next = 0, across = 0;
  for (int i = 0; i < n; ++i) {
    const auto at = std::uint64_t(i);
    const double u = double(tl::uniform(1, 0, at)) - 0.5;
    next += u * (double(tl::uniform(1, 0, at + 1)) - 0.5);
    across += u * (double(tl::uniform(1, 1, at)) - 0.5);
  }
  const double deviation = std::sqrt(double(n)) / 12;  // of a sum of n products of variance 1/144
  CHECK(std::abs(next) < 4 * deviation);
  CHECK(std::abs(across) < 4 * deviation);
}
