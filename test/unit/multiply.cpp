// Products and bit_linear from the outside: against the definition, in any shape of view.
#include <trilith/activations/int8.hpp>
#include <trilith/activations/plain.hpp>
#include <trilith/backends/automatic.hpp>
#include <trilith/backends/reference.hpp>
#include <trilith/layers/bit_linear.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/ternary.hpp>

#include <vector>

#include "catch.hpp"
#include "counting_pool.hpp"
#include "random_values.hpp"

namespace tl = trilith;
using test::random_values;

namespace {

template <class W>
using with = tl::scheme<W, tl::activations::int8<>, tl::backends::automatic>;

/// y[t, o] = sum_g float(sum_i code x) * (scale_w * scale_x), written out.
template <class W>
std::vector<float> by_hand(const std::vector<float>& w, const std::vector<float>& x,
                           std::size_t rows, std::size_t cols) {
  const auto m = tl::pack_matrix<W>(w.data(), rows, cols);
  std::vector<float> y;
  std::vector<std::int8_t> q(cols), codes(cols);
  for (std::size_t t = 0; t < x.size() / cols; ++t) {
    const float x_scale = tl::activations::int8<>::quantize(&x[t * cols], q.data(), cols);
    for (std::size_t r = 0; r < rows; ++r) {
      tl::unpack_codes(m, r, codes.data());
      float sum = 0;
      for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
        int dot = 0;
        for (std::size_t i = g * m.group(); i < std::min(cols, (g + 1) * m.group()); ++i)
          dot += codes[i] * q[i];
        const volatile float term = float(dot) * (m.scale(r, g) * x_scale);  // never fused
        sum = sum + term;
      }
      y.push_back(sum);
    }
  }
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("bit_linear is the scaled integer product, to the last bit", "",
                   tl::weights::ternary<>, tl::weights::binary<>,
                   (tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<50>>)) {
  for (const std::size_t tokens : {1u, 3u}) {
    const auto w = random_values(7 * 172, 1), x = random_values(tokens * 172, 2);
    tl::bit_linear<with<TestType>> layer(w.data(), 7, 172);
    std::vector<float> y(tokens * 7);
    layer.forward({x.data(), tokens, 172}, {y.data(), tokens, 7});
    CHECK(y == by_hand<TestType>(w, x, 7, 172));
    CHECK((layer.in() == 172 && layer.out() == 7));
  }
}

TEST_CASE("views with strides, and more tokens in a later call") {
  const auto w = random_values(5 * 64, 1), x = random_values(4 * 100, 2);
  tl::bit_linear<with<tl::weights::ternary<>>> layer(w.data(), 5, 64);
  std::vector<float> narrow(5), wide(4 * 9, 77.0f);
  for (std::size_t t = 0; t < 4; ++t) {
    layer.forward({&x[t * 100], 1, 64}, {narrow.data(), 1, 5});
    layer.forward({x.data(), t + 1, 64, 100}, {wide.data(), t + 1, 5, 9});
    CHECK(std::vector<float>(&wide[t * 9], &wide[t * 9] + 5) == narrow);
    for (std::size_t i = 5; i < 9; ++i) CHECK(wide[t * 9 + i] == 77.0f);
  }
}

TEST_CASE("threads do not change a product") {
  // large enough that several threads share it
  const auto w = random_values(300 * 1000, 1), x = random_values(2 * 1000, 2);
  tl::bit_linear<with<tl::weights::ternary<>>, tl::packing::base3> layer(w.data(), 300, 1000);
  std::vector<float> alone(600);
  layer.forward({x.data(), 2, 1000}, {alone.data(), 2, 300});
  for (const std::size_t threads : {2u, 3u}) {
    const test::counting_pool pool(threads);
    std::vector<float> together(600);
    layer.forward({x.data(), 2, 1000}, {together.data(), 2, 300}, pool.get());
    CHECK(alone == together);
    CHECK(pool.shared_loops() > 0);
  }
}

TEST_CASE("a dense model sees the activations its packed twin sees") {
  using scheme = with<tl::weights::ternary<>>;
  const auto w = random_values(6 * 100, 3), x = random_values(100, 4);
  const auto packed = tl::pack_matrix<scheme::weights>(w.data(), 6, 100);
  tl::plain_matrix<tl::weights::f32> dense(6, 100);
  for (std::size_t r = 0; r < 6; ++r) tl::decode_row(packed, r, dense.row(r));
  tl::activation_buffer buffer(1, 100, 1);
  std::vector<float> a(6), b(6);
  const tl::span2d<const float> in(x.data(), 1, 100);
  tl::apply<scheme>(packed, tl::quantize_for<scheme>(packed, in, buffer, {}), {a.data(), 1, 6}, {});
  tl::apply<scheme>(dense, tl::quantize_for<scheme>(dense, in, buffer, {}), {b.data(), 1, 6}, {});
  for (std::size_t r = 0; r < 6; ++r) CHECK(a[r] == Approx(b[r]).margin(1e-5));
}

TEST_CASE("quantised activations come with the sums of their groups") {
  const auto x = random_values(2 * 70, 5);
  tl::activation_buffer buffer(2, 70, 3);
  const auto view = buffer.quantize<tl::activations::int8<>>({x.data(), 2, 70}, 32, {});
  CHECK((view.tokens == 2 && view.cols == 70 && view.group == 32));
  for (std::size_t t = 0; t < 2; ++t)
    for (std::size_t g = 0; g < 3; ++g) {
      int sum = 0;
      for (std::size_t i = g * 32; i < std::min<std::size_t>(70, g * 32 + 32); ++i)
        sum += view.data[t * view.stride + i];
      CHECK(view.sums[t * 3 + g] == sum);
    }
}
