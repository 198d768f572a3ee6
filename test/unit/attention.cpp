// Scores, softmax and mixing against plain loops in double; then the whole layer.
#include <trilith/activations/plain.hpp>
#include <trilith/backends/portable.hpp>
#include <trilith/backends/reference.hpp>
#include <trilith/backends/simd.hpp>
#include <trilith/core/thread_pool.hpp>
#include <trilith/kv/f16.hpp>
#include <trilith/layers/attention.hpp>
#include <trilith/model/realisation.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "random_values.hpp"

namespace tl = trilith;
using test::random_values;

namespace {

using doubles = std::vector<double>;

/// softmax(q k^T / sqrt(n)) v over the rows of k and v, [positions, n].
doubles attended(const doubles& q, const std::vector<doubles>& k, const std::vector<doubles>& v) {
  doubles scores, out(q.size(), 0.0);
  for (const doubles& key : k) {
    double sum = 0;
    for (std::size_t i = 0; i < q.size(); ++i) sum += q[i] * key[i];
    scores.push_back(sum / std::sqrt(double(q.size())));
  }
  const double top = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (double& s : scores) total += s = std::exp(s - top);
  for (std::size_t j = 0; j < k.size(); ++j)
    for (std::size_t i = 0; i < q.size(); ++i) out[i] += scores[j] / total * v[j][i];
  return out;
}

doubles product(const tl::plain_matrix<tl::weights::f32>& w, const doubles& x) {
  doubles y(w.rows, 0.0);
  for (std::size_t r = 0; r < w.rows; ++r)
    for (std::size_t i = 0; i < w.cols; ++i) y[r] += double(w.row(r)[i]) * x[i];
  return y;
}

/// One head of a row, turned to `position` by the half-split formula.
doubles head_of(const doubles& row, std::size_t h, std::size_t n, std::size_t position, bool turn) {
  doubles head(row.begin() + std::ptrdiff_t(h * n), row.begin() + std::ptrdiff_t((h + 1) * n));
  for (std::size_t i = 0; turn && i < n / 2; ++i) {
    const double angle = double(position) * std::pow(10000.0, -2.0 * double(i) / double(n));
    const double a = head[i], b = head[i + n / 2];
    head[i] = a * std::cos(angle) - b * std::sin(angle);
    head[i + n / 2] = a * std::sin(angle) + b * std::cos(angle);
  }
  return head;
}

template <class Backend>
using scheme_of = tl::scheme<tl::weights::f32, tl::activations::f32, Backend>;
template <class Backend>
using layer = tl::attention<scheme_of<Backend>>;
using parameters = layer<tl::backends::reference>::parameters<tl::storage::dense>;

parameters random_parameters(const tl::shape& s) {
  parameters p;
  const auto fill = [](tl::plain_matrix<tl::weights::f32>& m, std::size_t rows, std::size_t cols,
                       std::uint64_t seed) {
    m = {rows, cols};
    const auto w = random_values(rows * cols, seed);
    std::copy(w.begin(), w.end(), m.elements.begin());
  };
  fill(p.query, s.heads * s.head_dim, s.dim, 1);
  fill(p.key, s.kv_heads * s.head_dim, s.dim, 2);
  fill(p.value, s.kv_heads * s.head_dim, s.dim, 3);
  fill(p.output, s.dim, s.heads * s.head_dim, 4);
  return p;
}

/// The layer's outputs for a text x: [T, D], in double, straight from the formula.
std::vector<doubles> expected_outputs(const parameters& p, const tl::shape& s,
                                      const std::vector<float>& x, std::size_t tokens) {
  std::vector<doubles> q, k, v, out;
  for (std::size_t t = 0; t < tokens; ++t) {
    const doubles row(x.begin() + std::ptrdiff_t(t * s.dim),
                      x.begin() + std::ptrdiff_t((t + 1) * s.dim));
    q.push_back(product(p.query, row));
    k.push_back(product(p.key, row));
    v.push_back(product(p.value, row));
    doubles mixed;
    for (std::size_t h = 0; h < s.heads; ++h) {
      const std::size_t shared = h / (s.heads / s.kv_heads);
      std::vector<doubles> keys, values;
      for (std::size_t j = 0; j <= t; ++j) {  // causal: nothing after t
        keys.push_back(head_of(k[j], shared, s.head_dim, j, true));
        values.push_back(head_of(v[j], shared, s.head_dim, j, false));
      }
      const doubles head = attended(head_of(q[t], h, s.head_dim, t, true), keys, values);
      mixed.insert(mixed.end(), head.begin(), head.end());
    }
    out.push_back(product(p.output, mixed));
  }
  return out;
}

/// The layer itself, its tokens cut into passes of at most `pass` tokens.
template <class Backend = tl::backends::reference>
std::vector<float> outputs(const parameters& p, const tl::shape& s, std::vector<float> x,
                           std::size_t tokens, std::size_t pass, const tl::executor& run,
                           const tl::kv_format& format = {}) {
  tl::workspace work(s, {}, pass, s.context, 1, run);
  tl::kv_cache cache(s, 2, s.context, format);
  std::vector<float> y(x.size());
  for (std::size_t first = 0; first < tokens; first += pass) {
    const std::size_t n = std::min(pass, tokens - first);
    std::vector<tl::token_slot> slots(n);
    for (std::size_t t = 0; t < n; ++t) {
      slots[t] = {0, 1, static_cast<std::uint32_t>(first + t)};
      work.angles.set(t, first + t);
    }
    tl::forward_context context{work, cache, slots};
    layer<Backend>::forward(p, {&x[first * s.dim], n, s.dim}, {&y[first * s.dim], n, s.dim},
                            context);
  }
  return y;
}

}  // namespace

TEST_CASE("softmax of scores far apart, alike and large") {
  float scores[4] = {1000.0f, 1000.0f, -1000.0f, 999.0f};
  tl::kv::softmax(scores, 4);
  const double e = std::exp(-1.0);
  CHECK(double(scores[0]) == Approx(1 / (2 + e)));
  CHECK(scores[1] == scores[0]);
  CHECK(scores[2] == 0.0f);
  CHECK(double(scores[3]) == Approx(e / (2 + e)));
  float one[1] = {-123.0f};
  tl::kv::softmax(one, 1);
  CHECK(one[0] == 1.0f);
}

TEST_CASE("attention mixes the values by the softmax of the scores") {
  struct format_and_margin {
    tl::kv_format format;
    double margin;
  };
  for (const auto& [format, margin] :
       {format_and_margin{tl::kv::f32{}, 2e-6}, format_and_margin{tl::kv::f16{}, 3e-3}})
    for (const std::size_t n : {2u, 16u, 100u})
      for (const std::size_t positions : {1u, 15u, 16u, 17u, 33u, 70u}) {
        const tl::shape s{.dim = n,
                          .ffn_dim = 1,
                          .layers = 2,
                          .heads = 2,
                          .kv_heads = 2,
                          .head_dim = n,
                          .vocab = 1,
                          .context = 80};
        tl::kv_cache cache(s, 2, 80, format);
        std::vector<doubles> k, v;
        for (std::size_t j = 0; j < positions; ++j) {
          const auto key = random_values(2 * n, 2 * j + 1, 2.0f);
          const auto value = random_values(2 * n, 2 * j);
          cache.store(1, 1, j, key.data(), value.data(), format.plain);
          k.emplace_back(key.begin() + std::ptrdiff_t(n), key.end());
          v.emplace_back(value.begin() + std::ptrdiff_t(n), value.end());
        }
        const auto q = random_values(n, 77, 2.0f);
        std::vector<float> scratch(tl::attention_scratch(n, 80)), out(n, 5.0f);
        tl::attention_job job;
        job.keys = cache.keys(1, 1, 1);
        job.values = cache.values(1, 1, 1);
        job.head_dim = n;
        job.first = positions - 1;
        job.tokens = job.heads = 1;
        job.q = q.data();
        job.out = out.data();
        job.scratch = scratch.data();
        job.scratch_size = scratch.size();
        format.plain.attend(job);
        const doubles expected = attended({q.begin(), q.end()}, k, v);
        INFO(format.name << ", n = " << n << ", positions " << positions);
        for (std::size_t i = 0; i < n; ++i)
          REQUIRE(double(out[i]) == Approx(expected[i]).margin(margin));
      }
}

TEST_CASE("attention: many heads, shared heads, causal, in passes of any length") {
  constexpr std::size_t tokens = 21;
  for (const std::size_t kv_heads : {4u, 2u, 1u}) {
    const tl::shape s{.dim = 24,
                      .ffn_dim = 8,
                      .layers = 1,
                      .heads = 4,
                      .kv_heads = kv_heads,
                      .head_dim = 6,
                      .vocab = 8,
                      .context = 32};
    const parameters p = random_parameters(s);
    const auto x = random_values(tokens * s.dim, 9);
    const auto expected = expected_outputs(p, s, x, tokens);
    const auto whole = outputs(p, s, x, tokens, tokens, {});
    INFO(kv_heads << " key and value heads");
    for (std::size_t t = 0; t < tokens; ++t)
      for (std::size_t i = 0; i < s.dim; ++i)
        REQUIRE(double(whole[t * s.dim + i]) == Approx(expected[t][i]).margin(3e-5));
    // the same bits however the text is cut and whoever computes
    CHECK(outputs(p, s, x, tokens, 1, {}) == whole);
    CHECK(outputs(p, s, x, tokens, 5, {}) == whole);
    const tl::thread_pool pool(2);
    CHECK(outputs(p, s, x, tokens, tokens, pool.get()) == whole);
  }
}

TEST_CASE("attention: every format is the same in all backends, passes and threads") {
  constexpr std::size_t tokens = 150;
  for (const std::size_t kv_heads : {6u, 2u, 1u}) {
    const tl::shape s{.dim = 20,
                      .ffn_dim = 8,
                      .layers = 1,
                      .heads = 6,
                      .kv_heads = kv_heads,
                      .head_dim = 10,
                      .vocab = 8,
                      .context = 160};
    const parameters p = random_parameters(s);
    const auto x = random_values(tokens * s.dim, 9);
    const auto exact = outputs(p, s, x, tokens, tokens, {});
    for (const tl::kv_format& format :
         {tl::kv_format(tl::kv::f32{}), tl::kv_format(tl::kv::f16{})}) {
      const auto whole = outputs(p, s, x, tokens, tokens, {}, format);
      INFO(kv_heads << " key and value heads in " << format.name);
      for (std::size_t i = 0; i < whole.size(); ++i)
        REQUIRE(double(whole[i]) == Approx(double(exact[i])).epsilon(2e-3).margin(1e-2));
      for (const std::size_t pass : {150u, 64u, 33u, 1u})
        for (const std::size_t threads : {1u, 2u, 3u, 7u}) {
          const tl::thread_pool pool(threads);
          INFO("passes of " << pass << ", threads " << threads);
          CHECK(outputs<tl::backends::simd>(p, s, x, tokens, pass, pool.get(), format) == whole);
          CHECK(outputs<tl::backends::portable>(p, s, x, tokens, pass, pool.get(), format) ==
                whole);
        }
    }
  }
}

TEST_CASE("a later token changes nothing before it") {
  const tl::shape s{.dim = 8,
                    .ffn_dim = 8,
                    .layers = 1,
                    .heads = 2,
                    .kv_heads = 1,
                    .head_dim = 4,
                    .vocab = 8,
                    .context = 32};
  const parameters p = random_parameters(s);
  auto x = random_values(6 * s.dim, 10);
  const auto before = outputs(p, s, x, 6, 6, {});
  x[5 * s.dim] += 1.0f;
  const auto after = outputs(p, s, x, 6, 6, {});
  CHECK(std::equal(before.begin(), before.begin() + 5 * 8, after.begin()));
  CHECK_FALSE(std::equal(before.begin() + 5 * 8, before.end(), after.begin() + 5 * 8));
}
