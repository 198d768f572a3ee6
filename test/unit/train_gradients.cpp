#include <limits>

#include "counting_pool.hpp"
#include "train_fixture.hpp"

namespace {

using namespace test;
using spans = std::vector<std::span<float>>;

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("the global norm is that of all gradients as one vector") {
  floats a{3, 0}, b{0, 4, 12};
  CHECK(tl::global_norm(spans{a, b}) == 13);
  CHECK(tl::global_norm(spans{}) == 0);
  floats large(3, 3e38f);  // whose squares no float holds
  CHECK(tl::global_norm(spans{large}) == Approx(3e38 * std::sqrt(3.0)));
  floats tiny(4, 1e-30f);
  CHECK(tl::global_norm(spans{tiny}) == Approx(2e-30));
  for (const float bad : {infinite, not_a_number}) {
    b[1] = bad;
    CHECK_FALSE(std::isfinite(tl::global_norm(spans{a, b})));
  }
}

TEST_CASE("the global norm is the same for every number of threads") {
  floats a = random_values(300'001, 1), b = random_values(5, 2);
  const double alone = tl::global_norm(spans{a, b});
  double squares = 0;
  for (const float x : a) squares += double(x) * double(x);
  for (const float x : b) squares += double(x) * double(x);
  CHECK(alone == Approx(std::sqrt(squares)).epsilon(1e-12));
  for (const std::size_t threads : {2u, 3u}) {
    const counting_pool pool(threads);
    CHECK(tl::global_norm(spans{a, b}, pool.get()) == alone);
    CHECK(pool.shared_loops() > 0);
  }
}

TEST_CASE("clipping scales by most / norm, returns the norm, and leaves what is short or bad") {
  floats a{3, 0}, b{0, 4};
  spans both{a, b};
  CHECK(tl::clip_global_norm(both, 10) == 5);
  CHECK(a == floats{3, 0});
  CHECK(tl::clip_global_norm(both, 1) == 5);
  CHECK(a[0] == Approx(0.6));
  CHECK(b[1] == Approx(0.8));
  CHECK(tl::global_norm(both) <= 1);
  b[0] = infinite;
  CHECK_FALSE(std::isfinite(tl::clip_global_norm(both, 0.1)));
  CHECK(a[0] == Approx(0.6));
}

TEST_CASE("the finite check finds one bad value anywhere") {
  floats a(37, 1.0f), b(3, -1.0f);
  CHECK(tl::all_finite(spans{a, b}));
  for (const float bad : {infinite, -infinite, not_a_number}) {
    b[2] = bad;
    CHECK_FALSE(tl::all_finite(spans{a, b}));
    b[2] = 0;
    a[36] = bad;
    CHECK_FALSE(tl::all_finite(spans{a, b}));
    a[36] = 0;
  }
}

TEST_CASE("the loss scale begins at 2^16, doubles after 2000 good steps, halves after a bad one") {
  tl::loss_scale s;
  CHECK(s.factor == 65536);
  for (int i = 0; i < 1999; ++i) s.learn(true);
  CHECK(s.factor == 65536);
  s.learn(true);
  CHECK(s.factor == 131072);
  for (int i = 0; i < 1999; ++i) s.learn(true);
  s.learn(false);  // begins the count anew
  CHECK(s.factor == 65536);
  for (int i = 0; i < 1999; ++i) s.learn(true);
  CHECK(s.factor == 65536);
  for (int i = 0; i < 100; ++i) s.learn(false);
  CHECK(s.factor == 0x1p-24f);
  s.interval = 1;
  for (int i = 0; i < 100; ++i) s.learn(true);
  CHECK(s.factor == 0x1p24f);
}

TEST_CASE("the loss scale divides good gradients exactly and leaves bad ones") {
  tl::loss_scale s;
  floats g{65536.0f * 0.3f, -65536.0f};
  spans all{g};
  CHECK(s.take(all));
  CHECK(g == floats{0.3f, -1.0f});
  g[1] = infinite;
  CHECK_FALSE(s.take(all));
  CHECK(g == floats{0.3f, infinite});
}

/// All that an optimiser remembers of a tensor.
template <class O>
floats remembered(trained<O>& one) {
  floats all = one.weights;
  one.state.visit(
      [&](std::string_view, std::span<float> x) { all.insert(all.end(), x.begin(), x.end()); });
  return all;
}

/// Four gradients; `bad_at` says before which one a gradient with an infinity comes.
template <class O>
floats run_with_bad_step(const tl::tensor_facts& facts, std::size_t bad_at) {
  trained<O> one(O{}, facts, std::span(muon_wide_weights));
  tl::loss_scale scale;
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    floats g(muon_wide_gradients + 60 * step, muon_wide_gradients + 60 * (step + 1));
    for (float& x : g) x *= scale.factor;
    if (i == bad_at) g[7] = infinite;
    spans all{g};
    if (!scale.take(all)) continue;
    one.step(g, {.step = step++});
    if (step == 4) break;
  }
  return remembered(one);
}

TEST_CASE("a skipped step changes no momentum, no filter and no count") {
  for (const auto& facts : {hidden(6, 10), embedding(6, 10), vector_of(60)})
    for (const std::size_t bad_at : {0u, 1u, 3u}) {
      using averaged = tl::muon_with<tl::scaling::rms, tl::grokfast<tl::filter::ema>>;
      CHECK(run_with_bad_step<averaged>(facts, bad_at) == run_with_bad_step<averaged>(facts, 9));
      CHECK(run_with_bad_step<tl::muon>(facts, bad_at) == run_with_bad_step<tl::muon>(facts, 9));
      CHECK(run_with_bad_step<tl::adamw>(facts, bad_at) == run_with_bad_step<tl::adamw>(facts, 9));
    }
}

}  // namespace
