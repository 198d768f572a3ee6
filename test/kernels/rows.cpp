// Every row kernel of every target this machine runs, against the plain loops: bit by bit, and
// without a byte read or written past a row's end.
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/backends/simd/scalar_rows.hpp>
#include <trilith/core/random.hpp>

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace {

using namespace trilith;
using simd::row_kernels;
using simd::scalar_rows;
using floats = std::vector<float>;

constexpr std::size_t sizes[] = {0,  1,  2,  7,  8,  15, 16,  17,  31,  32,  33,
                                 47, 48, 63, 64, 65, 79, 100, 172, 255, 801, 2560};

/// A row that begins one element into an allocation and ends with it, so that an address sanitizer
/// sees whoever passes its end.
template <class T>
struct row {
  std::vector<T> all;
  explicit row(std::size_t n) : all(1 + n) {}
  explicit row(const std::vector<T>& values) : all(1) {
    all.insert(all.end(), values.begin(), values.end());
    all.shrink_to_fit();
  }
  T* data() { return all.data() + 1; }
};

bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}
bool same(const row<float>& a, const row<float>& b) {
  return std::equal(a.all.begin(), a.all.end(), b.all.begin(),
                    [](float x, float y) { return same(x, y); });
}

enum class fill {
  spread,  // of very different sizes: another order of adding gives other bits
  ties,    // that quantise to ties
  zeros,   // of both signs
  subnormal,
  huge,        // whose squares overflow
  infinite,    // some of them
  not_numbers  // some of them
};
constexpr fill fills[] = {fill::spread, fill::ties,     fill::zeros,      fill::subnormal,
                          fill::huge,   fill::infinite, fill::not_numbers};

float value(fill how, std::uint32_t word) {
  const float sign = (word & 1u) != 0 ? -1.0f : 1.0f;
  const float fraction = 1.0f + static_cast<float>(word >> 9) * 0x1p-23f;
  switch (how) {
    case fill::spread:
      return sign * std::ldexp(fraction, static_cast<int>(word >> 1 & 15u) - 8);
    case fill::ties:
      return sign * static_cast<float>(word >> 9 & 255u) * 0.5f;
    case fill::zeros:
      return sign * 0.0f;
    case fill::subnormal:
      return sign * static_cast<float>(word >> 9) * 0x1p-149f;
    case fill::huge:
      return sign * fraction * 0x1.8p126f;
    case fill::infinite:
      if (word % 13 == 0) return sign * std::numeric_limits<float>::infinity();
      break;
    case fill::not_numbers:
      if (word % 13 == 0) return std::numeric_limits<float>::quiet_NaN();
      break;
  }
  return sign * fraction;
}

floats values(fill how, std::size_t n, std::uint64_t seed) {
  floats x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = value(how, philox(seed, n, i)[0]);
  if (how == fill::ties && n != 0) x[0] = 127.0f;
  return x;
}

/// check(table) for every table but that of the plain loops.
template <class Check>
void for_each_table(Check check) {
  for (std::size_t i = 0; const simd::kernel_table* t = simd::kernels_at(i); ++i) {
    const row_kernels& table = TRILITH_IMPLEMENTED::row_kernels_of(t->id);
    INFO(t->target << " with the rows of " << table.target);
    check(table);
  }
}

/// check(table, x) for every table, size and kind of values.
template <class Check>
void for_each_row(Check check) {
  for_each_table([&](const row_kernels& table) {
    for (const fill how : fills)
      for (const std::size_t n : sizes) {
        INFO(n << " values of kind " << static_cast<int>(how));
        check(table, how, values(how, n, 1));
      }
  });
}

}  // namespace

TEST_CASE("every target has a table of rows whose functions are all there", "[rows]") {
  for_each_table([](const row_kernels& t) {
    CHECK(t.sum_of_squares != nullptr);
    CHECK(t.scale != nullptr);
    CHECK(t.quantize != nullptr);
    CHECK(t.quantize_int4 != nullptr);
    CHECK(t.keep_largest != nullptr);
    CHECK(t.scale_and_quantize != nullptr);
    CHECK(t.sum_groups != nullptr);
    CHECK(t.relu_squared != nullptr);
    CHECK(t.silu != nullptr);
    CHECK(t.add != nullptr);
    CHECK(t.turn_half_split != nullptr);
    CHECK(t.turn_interleaved != nullptr);
  });
  CHECK(std::strcmp(simd::rows().target, "") != 0);
}

TEST_CASE("the sum of squares of a row", "[rows]") {
  for_each_row([](const row_kernels& table, fill, const floats& x) {
    row<float> in(x);
    CHECK(same(table.sum_of_squares(in.data(), x.size()), sum_of_squares(x.data(), x.size())));
  });
}

TEST_CASE("rows that are scaled, with and without gains, in place and not", "[rows]") {
  for_each_row([](const row_kernels& table, fill how, const floats& x) {
    row<float> in(x), gains(values(how, x.size(), 2)), y(x.size()), expected(x.size());
    for (const float factor : {0.37f, 0.0f, 1e30f})
      for (float* g : {gains.data(), static_cast<float*>(nullptr)}) {
        scalar_rows.scale(in.data(), factor, g, expected.data(), x.size());
        table.scale(in.data(), factor, g, y.data(), x.size());
        CHECK(same(y, expected));
        row<float> self(x);
        table.scale(self.data(), factor, g, self.data(), x.size());
        CHECK(same(self, expected));
      }
  });
}

TEST_CASE("rows that are quantised", "[rows]") {
  for_each_row([](const row_kernels& table, fill, const floats& x) {
    row<float> in(x);
    row<std::int8_t> q(x.size()), expected(x.size());
    const float scale = activations::int8<>::quantize(in.data(), expected.data(), x.size());
    CHECK(same(table.quantize(in.data(), q.data(), x.size()), scale));
    CHECK(q.all == expected.all);
  });
}

TEST_CASE("rows that are quantised to four bits", "[rows]") {
  for_each_row([](const row_kernels& table, fill, const floats& x) {
    row<float> in(x);
    row<std::int8_t> q(x.size()), expected(x.size());
    const float scale = activations::int4<>::quantize(in.data(), expected.data(), x.size());
    CHECK(same(table.quantize_int4(in.data(), q.data(), x.size()), scale));
    CHECK(q.all == expected.all);
  });
}

TEST_CASE("the largest of a row are kept, of equal ones the first", "[rows]") {
  for_each_row([](const row_kernels& table, fill, const floats& x) {
    row<float> in(x);
    const std::size_t n = x.size();
    for (const std::size_t k : {std::size_t{1}, n / 3, n / 2, n - 1}) {
      if (k == 0 || k >= n) continue;
      row<std::int8_t> q(n), expected(n);
      for (std::size_t i = 0; i < n; ++i)
        q.data()[i] = expected.data()[i] = static_cast<std::int8_t>(i % 100 + 1);
      activations::keep_largest(in.data(), expected.data(), n, k);
      table.keep_largest(in.data(), q.data(), n, k);
      CHECK(q.all == expected.all);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < n; ++i) kept += q.data()[i] != 0;
      CHECK(kept == k);
    }
  });
}

TEST_CASE("rows that are scaled and quantised, in place and not", "[rows]") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for_each_row([](const row_kernels& table, fill how, const floats& x) {
    row<float> in(x), gains(values(how, x.size(), 2)), y(x.size()), expected_y(x.size());
    row<std::int8_t> q(x.size()), expected(x.size());
    for (const float factor : {1.0f, 0.37f, 0.0f, 1e30f, infinity, infinity - infinity})
      for (float* g : {gains.data(), static_cast<float*>(nullptr)}) {
        INFO("factor " << factor << (g == nullptr ? "" : " and gains"));
        const float scale = scalar_rows.scale_and_quantize(in.data(), factor, g, expected_y.data(),
                                                           expected.data(), x.size());
        CHECK(same(table.scale_and_quantize(in.data(), factor, g, y.data(), q.data(), x.size()),
                   scale));
        CHECK(same(y, expected_y));
        CHECK(q.all == expected.all);
        row<float> self(x);
        CHECK(
            same(table.scale_and_quantize(self.data(), factor, g, self.data(), q.data(), x.size()),
                 scale));
        CHECK(same(self, expected_y));
        CHECK(q.all == expected.all);
      }
  });
}

TEST_CASE("one value that stands out is found wherever it is", "[rows]") {
  for_each_table([](const row_kernels& table) {
    for (std::size_t at = 0; at < 100; ++at) {
      floats x(100, -0.25f), gains(100, 2.0f), y(100);
      x[at] = at % 2 == 0 ? -3.0f : 3.0f;
      std::vector<std::int8_t> q(100);
      CHECK(table.scale_and_quantize(x.data(), 0.5f, gains.data(), y.data(), q.data(), 100) ==
            3.0f / 127.0f);
      CHECK(q[at] == (at % 2 == 0 ? -127 : 127));
      CHECK(q[(at + 1) % 100] == -11);
    }
  });
}

TEST_CASE("sums of groups of codes", "[rows]") {
  for_each_table([](const row_kernels& table) {
    for (const std::size_t n : sizes)
      for (const std::size_t group : {n, std::size_t{1}, std::size_t{32}, std::size_t{100}})
        for (const int kind : {-128, 127, 0}) {
          if (group == 0) continue;
          row<std::int8_t> q(n);
          for (std::size_t i = 0; i < n; ++i)
            q.data()[i] = static_cast<std::int8_t>(
                kind != 0 ? kind : static_cast<int>(philox(3, n, i)[0] & 255));
          std::vector<std::int32_t> sums(ceil_div(n, group) + 1, 99), expected = sums;
          scalar_rows.sum_groups(q.data(), n, group, expected.data());
          table.sum_groups(q.data(), n, group, sums.data());
          INFO(n << " codes in groups of " << group);
          CHECK(sums == expected);
        }
  });
}

TEST_CASE("gates, and the sum of the squares of what they let through", "[rows]") {
  for_each_row([](const row_kernels& table, fill how, const floats& x) {
    for (const auto gate : {&row_kernels::relu_squared, &row_kernels::silu}) {
      row<float> up(values(how, x.size(), 2)), h(x), expected(x);
      const float sum = (scalar_rows.*gate)(expected.data(), up.data(), x.size());
      CHECK(same((table.*gate)(h.data(), up.data(), x.size()), sum));
      CHECK(same(h, expected));
    }
  });
}

TEST_CASE("silu of floats of every size", "[rows]") {
  // one in every 4099 of all floats, ascending as bits: both signs, infinities and NaN too
  floats x;
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 4099)
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (int k = -1100; k <= 1100; ++k) x.push_back(static_cast<float>(k) / 10);
  const floats ones(x.size(), 1.0f);
  row<float> expected(x);
  scalar_rows.silu(expected.data(), ones.data(), x.size());
  for_each_table([&](const row_kernels& table) {
    row<float> h(x);
    table.silu(h.data(), ones.data(), x.size());
    CHECK(same(h, expected));
  });
}

TEST_CASE("one row added to another", "[rows]") {
  for_each_row([](const row_kernels& table, fill how, const floats& x) {
    row<float> y(values(how, x.size(), 2)), h(x), expected(x);
    scalar_rows.add(expected.data(), y.data(), x.size());
    table.add(h.data(), y.data(), x.size());
    CHECK(same(h, expected));
  });
}

TEST_CASE("turned heads", "[rows]") {
  for_each_table([](const row_kernels& table) {
    for (const fill how : fills)
      for (const std::size_t head_dim : {2u, 4u, 8u, 16u, 24u, 30u, 48u, 64u, 80u, 100u, 128u})
        for (const std::size_t heads : {1u, 3u}) {
          INFO(heads << " heads of " << head_dim << " of kind " << static_cast<int>(how));
          const floats x = values(how, heads * head_dim, 4);
          row<float> c(values(fill::spread, head_dim / 2, 5));
          row<float> s(values(fill::spread, head_dim / 2, 6));
          for (const auto turn : {&row_kernels::turn_half_split, &row_kernels::turn_interleaved}) {
            row<float> turned(x), expected(x);
            (scalar_rows.*turn)(expected.data(), heads, c.data(), s.data(), head_dim);
            (table.*turn)(turned.data(), heads, c.data(), s.data(), head_dim);
            CHECK(same(turned, expected));
          }
        }
  });
}
