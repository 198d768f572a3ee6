// Attention of every instruction set against the plain loops of the formats, bit for bit: at
// awkward sizes, for tokens that begin anywhere, in one pass and token by token.
#include <trilith/backends/simd/scalar_attention.hpp>
#include <trilith/core/aligned_buffer.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "random_values.hpp"

namespace tl = trilith;
using test::random_values;

namespace {

constexpr tl::kv_format formats[tl::kv_kernels] = {tl::kv::f32{},  tl::kv::f16{},  tl::kv::bf16{},
                                                   tl::kv::int8{}, tl::kv::int4{}, tl::kv::int3{}};

/// The tables to compare: those of all targets that the products have.
std::vector<const tl::simd::attention_kernels*> tables() {
  std::vector<const tl::simd::attention_kernels*> all;
  for (std::size_t i = 0; tl::simd::kernels_at(i) != nullptr; ++i) {
    const auto* t = &tl::TRILITH_IMPLEMENTED::attention_kernels_of(tl::simd::kernels_at(i)->id);
    if (all.empty() || all.back() != t) all.push_back(t);
  }
  return all;
}

struct sizes {
  std::size_t head_dim, heads, first, tokens;
};

/// Queries, keys and values of one shared head; what lies after the last position is damaged.
struct text {
  sizes s;
  tl::kv_format format;
  std::size_t positions;
  tl::aligned_buffer<unsigned char> keys, values;
  tl::aligned_buffer<float> q;

  text(sizes of, const tl::kv_format& f, float spread = 1.0f)
      : s(of),
        format(f),
        positions(of.first + of.tokens),
        keys(f.key_bytes(positions, of.head_dim)),
        values(f.value_bytes(positions, of.head_dim)),
        q(of.tokens * of.heads * of.head_dim) {
    std::memset(keys.data(), 0x7F, keys.size());  // never stored: large, and NaN as f32
    for (std::size_t j = 0; j < positions; ++j) {
      const auto k = random_values(s.head_dim, 2 * j, spread);
      const auto v = random_values(s.head_dim, 2 * j + 1, 2.0f);
      format.plain.store({keys.data(), values.data(), s.head_dim, j, k.data(), v.data()});
    }
    const auto all = random_values(q.size(), 99, 3.0f);
    std::copy(all.begin(), all.end(), q.begin());
  }

  /// out of all tokens, as the layer cuts them into jobs of at most `most` tokens.
  std::vector<float> attended(const tl::kv_functions& with, std::size_t most = 64) const {
    const std::size_t width = s.heads * s.head_dim;
    most = std::max<std::size_t>(1, std::min(most, tl::attention_rows / s.heads));
    std::vector<float> out(s.tokens * width, -77.0f);
    tl::aligned_buffer<float> scratch(tl::attention_scratch(s.head_dim, positions));
    for (std::size_t t = 0; t < s.tokens; t += most) {
      std::memset(static_cast<void*>(scratch.data()), 0xFF, scratch.size() * sizeof(float));
      tl::attention_job job;
      job.keys = keys.data();
      job.values = values.data();
      job.head_dim = s.head_dim;
      job.first = s.first + t;
      job.tokens = std::min(most, s.tokens - t);
      job.heads = s.heads;
      job.q = q.data() + t * width;
      job.q_stride = width;
      job.out = out.data() + t * width;
      job.out_stride = width;
      job.scratch = scratch.data();
      job.scratch_size = scratch.size();
      with.attend(job);
    }
    return out;
  }
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void check(const sizes& s, float spread = 1.0f) {
  for (std::size_t f = 0; f < tl::kv_kernels; ++f) {
    const text job(s, formats[f], spread);
    const auto expected = job.attended(formats[f].plain);
    for (const auto* table : tables()) {
      INFO(table->target << ", " << formats[f].name << ": head_dim " << s.head_dim << ", "
                         << s.heads << " heads, " << s.tokens << " tokens from " << s.first);
      CHECK(same_bits(job.attended(table->of[f]), expected));
      CHECK(same_bits(job.attended(table->of[f], 1), expected));
      CHECK(same_bits(job.attended(table->of[f], 7), expected));
    }
  }
}

}  // namespace

TEST_CASE("attention of one token after any number of positions", "[attention]") {
  for (const std::size_t head_dim : {8u, 16u, 80u})
    for (const std::size_t heads : {1u, 4u})
      for (const std::size_t before : {0u, 1u, 14u, 15u, 16u, 17u, 30u, 31u, 32u, 47u, 48u, 62u,
                                       63u, 64u, 65u, 79u, 127u, 128u, 199u})
        check({head_dim, heads, before, 1});
}

TEST_CASE("attention of many tokens, in jobs of any length", "[attention]") {
  for (const std::size_t head_dim : {6u, 8u, 16u, 64u, 80u, 100u, 128u})
    for (const std::size_t heads : {1u, 2u, 3u, 4u, 5u, 8u}) {
      check({head_dim, heads, 0, 1 + head_dim % 7});
      check({head_dim, heads, 59, 9});
    }
  check({16, 1, 0, 70});
  check({16, 2, 1, 70});
  check({16, 4, 62, 70});
  check({16, 8, 65, 70});
  check({8, 64, 10, 3});
  check({8, 120, 70, 2});
  check({80, 1, 3, 66});
  check({128, 4, 130, 70});
}

TEST_CASE("attention of heads that are whole tiles, odd, and wide", "[attention]") {
  for (const std::size_t head_dim : {32u, 96u, 128u, 256u})
    for (const std::size_t heads : {1u, 3u, 4u, 6u, 16u, 17u, 33u}) {
      check({head_dim, heads, 0, 40});
      check({head_dim, heads, 55, 12});
    }
  for (const std::size_t before : {0u, 1u, 30u, 31u, 32u, 33u, 47u, 62u, 63u, 64u, 65u})
    check({64, 5, before, 1 + before % 3});
  for (const std::size_t head_dim : {1u, 7u, 33u, 320u, 352u}) check({head_dim, 2, 40, 25});
}

TEST_CASE("attention where the scores are far apart", "[attention]") {
  check({64, 2, 100, 40}, 100.0f);    // most probabilities are 0
  check({64, 2, 100, 40}, 1e-30f);    // all are alike
  check({64, 2, 100, 40}, 30000.0f);  // one is 1
}

TEST_CASE("values of any size are stored alike", "[attention]") {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> odd{0x1p-50f,   -0x1p-50f,   0x1.fffffep-51f, 0x1.01p-50f,   0x1p60f,
                         0x1.01p60f, -0x1.fep60f, 0x1.ffp59f,      0.0f,          -0.0f,
                         infinity,   -infinity,   65504.0f,        65519.9f,      65520.0f,
                         -65536.f,   1e30f,       -1e30f,          6.1e-5f,       6e-8f,
                         2.9e-8f,    3e-8f,       1e-40f,          -1e-40f,       1.0009f,
                         0.333333f,  2049.0f,     2051.0f,         std::nanf(""), -std::nanf("")};
  for (std::size_t i = 0; i < 2000; ++i)
    odd.push_back(std::ldexp(2 * tl::uniform(5, 0, i) - 1, static_cast<int>(i % 120) - 55));
  for (const auto* table : tables())
    for (std::size_t f = 0; f < tl::kv_kernels; ++f)
      for (const std::size_t n : {2u, 15u, 16u, 17u, 64u, 100u, 2030u}) {
        const auto& format = formats[f];
        std::vector<unsigned char> keys(format.key_bytes(40, n)), values(format.value_bytes(40, n));
        auto keys_too = keys, values_too = values;
        for (const std::size_t at : {0u, 15u, 17u, 39u}) {
          const tl::kv_entry e{keys.data(), values.data(), n,
                               at,          odd.data(),    odd.data() + odd.size() - n};
          format.plain.store(e);
          table->of[f].store({keys_too.data(), values_too.data(), n, at, e.key, e.value});
        }
        INFO(table->target << ", " << format.name << ", " << n);
        CHECK(keys == keys_too);
        CHECK(values == values_too);
      }
}

TEST_CASE("a fused multiply-add rounds once, where rounding twice would show", "[attention]") {
  // (1 + x)(1 - x + x^2) = 1 + x^3 for x = 2^-10: a sum with 2^24 lies 2^-30 above the middle of
  // two floats, and a double cannot tell it from the middle
  const float a = 1.0f - 0x1p-10f + 0x1p-20f, b = 1.0f + 0x1p-10f;
  struct fused_case {
    float large, small;
    double expected;
  };
  const double share = 1 / (1 + std::exp(-1.0));  // the scores differ by 2 / sqrt(4)
  for (const fused_case& c : {fused_case{0x1p24f, b, share}, {0x1p24f + 4, -b, 1 - share}}) {
    text job({4, 1, 1, 1}, formats[1]);
    const float keys[2][4] = {{1, c.small}, {1, 0}}, values[2][4] = {{1, 0}, {0, 1}};
    for (std::size_t j = 0; j < 2; ++j)
      formats[1].plain.store({job.keys.data(), job.values.data(), 4, j, keys[j], values[j]});
    job.q[0] = c.large;
    job.q[1] = a;
    job.q[2] = job.q[3] = 0.0f;
    for (const auto* table : tables()) {
      const auto out = job.attended(table->of[1]);
      INFO(table->target);
      CHECK(double(out[0]) == Approx(c.expected).epsilon(0.01));
      CHECK(same_bits(out, job.attended(formats[1].plain)));
    }
  }
}

TEST_CASE("the outputs may take the place of the queries", "[attention]") {
  for (std::size_t f = 0; f < tl::kv_kernels; ++f)
    for (const std::size_t n : {16u, 20u}) {
      text job({n, 4, 50, 23}, formats[f]);
      const auto expected = job.attended(formats[f].plain);
      for (const auto* table : tables()) {
        std::vector<float> both(job.q.begin(), job.q.end());
        tl::aligned_buffer<float> scratch(tl::attention_scratch(n, job.positions));
        tl::attention_job a;
        a.keys = job.keys.data();
        a.values = job.values.data();
        a.head_dim = n;
        a.first = 50;
        a.tokens = 23;
        a.heads = 4;
        a.q = a.out = both.data();
        a.q_stride = a.out_stride = 4 * n;
        a.scratch = scratch.data();
        a.scratch_size = scratch.size();
        table->of[f].attend(a);
        INFO(table->target << ", " << formats[f].name);
        CHECK(same_bits(both, expected));
      }
    }
}

TEST_CASE("what is not finite stays with its own token", "[attention]") {
  // an infinite query makes its own output NaN, and that of no other
  for (std::size_t f = 0; f < tl::kv_kernels; ++f) {
    text job({16, 2, 40, 20}, formats[f]);
    const auto before = job.attended(formats[f].plain);
    job.q[7 * 32 + 3] = std::numeric_limits<float>::infinity();
    for (const auto* table : tables()) {
      const auto after = job.attended(table->of[f]);
      INFO(table->target << ", " << formats[f].name);
      for (std::size_t i = 0; i < after.size(); ++i)
        if (i / 16 != 7 * 2)
          CHECK(after[i] == before[i]);
        else
          CHECK(std::isnan(after[i]));
    }
  }
}

TEST_CASE("a later token's NaN changes nothing before it", "[attention]") {
  for (std::size_t f = 0; f < tl::kv_kernels; ++f) {
    text job({16, 4, 60, 12}, formats[f]);
    const auto before = job.attended(formats[f].plain);
    const std::vector<float> bad(16, std::nanf(""));
    formats[f].plain.store({job.keys.data(), job.values.data(), 16, 66, bad.data(), bad.data()});
    for (const auto* table : tables()) {
      auto after = job.attended(table->of[f]), all = before;
      after.resize(6 * 64);
      all.resize(6 * 64);
      INFO(table->target << ", " << formats[f].name);
      CHECK(same_bits(after, all));
    }
  }
}

namespace {

/// Attention in double over what a format keeps, for queries as they are.
std::vector<double> attention_in_double(const text& t, std::size_t token, std::size_t head) {
  const std::size_t n = t.s.head_dim, seen = t.s.first + token + 1;
  const float* const q = t.q.data() + (token * t.s.heads + head) * n;
  std::vector<double> out(n), p(seen);
  double total = 0;
  for (std::size_t j = 0; j < seen; ++j) {
    double score = 0;
    for (std::size_t i = 0; i < n; ++i)
      score += double(tl::kv::paired::query(q[i])) *
               double(tl::kv::bf16::key(t.keys.data(), n, j / tl::key_tile, j % tl::key_tile, i));
    total += p[j] = std::exp(score / std::sqrt(double(n)));
  }
  for (std::size_t j = 0; j < seen; ++j)
    for (std::size_t i = 0; i < n; ++i)
      out[i] += p[j] / total * double(tl::kv::bf16::value(t.values.data(), n, j, i));
  return out;
}

}  // namespace

TEST_CASE("bf16 is attention over rounded keys and values, with rounded probabilities",
          "[attention]") {
  const text job({80, 2, 150, 9}, formats[2]);
  const auto out = job.attended(formats[2].plain);
  for (std::size_t row = 0; row < 18; ++row) {
    const auto exact = attention_in_double(job, row / 2, row % 2);
    for (std::size_t i = 0; i < 80; ++i)
      CHECK(double(out[row * 80 + i]) == Approx(exact[i]).margin(2e-3));
  }
}

TEST_CASE("bf16 attends alike at the ends of its range", "[attention]") {
  // products, and sums of them, between 2^-110 and 2^127, where others would flush or overflow
  for (const int power : {-60, -51, -50, -25, 25, 59, 60, 100})
    for (const int power_of_query : {-55, -50, 0, 60}) {
      text job({128, 4, 50, 30}, formats[2], std::ldexp(1.0f, power));
      for (float& x : job.q) x = std::ldexp(x, power_of_query);
      std::vector<float> zero(128), value = random_values(128, 5, std::ldexp(1.0f, power));
      for (std::size_t j = 0; j < 80; j += 3)
        formats[2].plain.store(
            {job.keys.data(), job.values.data(), 128, j, zero.data(), value.data()});
      const auto expected = job.attended(formats[2].plain);
      for (const float x : expected) REQUIRE(std::isfinite(x));
      for (const auto* table : tables()) {
        INFO(table->target << ", 2^" << power << ", queries 2^" << power_of_query);
        CHECK(same_bits(job.attended(table->of[2]), expected));
      }
    }
}

TEST_CASE("f16 and bf16 are as near to f32 as their rounding", "[attention]") {
  for (const std::size_t before : {0u, 20u, 300u}) {
    const sizes s{64, 2, before, 12};
    const auto exact = text(s, formats[0]).attended(formats[0].plain);
    const auto half = text(s, formats[1]).attended(formats[1].plain);
    for (std::size_t i = 0; i < exact.size(); ++i)
      REQUIRE(double(half[i]) == Approx(double(exact[i])).margin(4e-3));
    const auto pairs = text(s, formats[2]).attended(formats[2].plain);
    for (std::size_t i = 0; i < exact.size(); ++i)
      REQUIRE(double(pairs[i]) == Approx(double(exact[i])).margin(3e-2));
  }
}
