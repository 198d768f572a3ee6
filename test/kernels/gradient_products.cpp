// Products of gradients in int8 halves, on every target this machine runs: against the same sums in
// plain loops bit by bit, and against double within the rounding to 16 bits.
#include <trilith/activations/int8.hpp>
#include <trilith/backends/gradient_products.hpp>
#include <trilith/backends/simd/scalar_gradients.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/thread_pool.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>
#include <trilith/weights/quantize.hpp>
#include <trilith/weights/ternary.hpp>

#include "catch.hpp"
#include "every_target.hpp"

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

namespace {

using namespace trilith;
using floats = std::vector<float>;

struct sizes {
  std::size_t tokens, in, out;
};

/// Gaussian values, by Box and Muller's method.
floats gaussian(std::uint64_t seed, std::size_t n) {
  floats x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto words = philox(seed, 0, i);
    const double u = (words[0] + 1.0) * 0x1p-32, v = words[1] * 0x1p-32;
    x[i] = static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v));
  }
  return x;
}

/// A layer's quantised weights and activations, and the gradients that reach it.
template <class W, class P>
struct layer {
  explicit layer(const sizes& size)
      : s(size),
        w(pack_matrix<W, P>(gaussian(1, s.out * s.in).data(), s.out, s.in)),
        dy(gaussian(2, s.tokens * s.out)),
        q(s.tokens * stride() + 64),
        scales(s.tokens) {
    const floats x = gaussian(3, s.tokens * s.in);
    for (std::size_t t = 0; t < s.tokens; ++t)
      scales[t] = activations::int8<>::quantize(x.data() + t * s.in, q.data() + t * stride(), s.in);
  }
  std::size_t stride() const { return s.in + 3; }
  activation_view<std::int8_t> x() const {
    return {q.data(), s.tokens, s.in, stride(), s.in, scales.data()};
  }
  span2d<const float> gradient() const { return {dy.data(), s.tokens, s.out}; }

  sizes s;
  packed_matrix<W, P> w;
  floats dy;
  std::vector<std::int8_t> q;
  floats scales;
};

template <class W, class P>
floats dx_of(const layer<W, P>& l, const floats* before, std::size_t threads) {
  const thread_pool pool(threads);
  gradient_memory memory(l.s.tokens, max_of(l.s.in, l.s.out), threads);
  transposed_codes w(l.s.out, l.s.in, threads);
  w.assign(l.w, pool.get());
  floats dx = before != nullptr ? *before : floats(l.s.tokens * l.s.in, -7.0f);
  input_gradient(w, l.gradient(), {dx.data(), l.s.tokens, l.s.in}, before != nullptr, memory,
                 pool.get());
  return dx;
}

template <class W, class P>
floats dw_of(const layer<W, P>& l, const floats* before, std::size_t threads) {
  const thread_pool pool(threads);
  gradient_memory memory(l.s.tokens, max_of(l.s.in, l.s.out), threads);
  floats dw = before != nullptr ? *before : floats(l.s.out * l.s.in, -7.0f);
  weight_gradient(l.gradient(), l.x(), {dw.data(), l.s.out, l.s.in}, before != nullptr, memory,
                  pool.get());
  return dw;
}

/// 32512 / max|g| and its inverse, as split() has them; then the sums over k of the halves of g_k
/// times code(k).
template <class Value, class Code>
TRILITH_EXACT_FLOAT float plain(std::size_t depth, Value value, Code code, float scale) {
  TRILITH_EXACT_FLOAT_BODY
  float magnitude = simd::split_limits::smallest;
  for (std::size_t k = 0; k < depth; ++k) magnitude = max_of(magnitude, absolute(value(k)));
  const float multiplier = 32512.0f / magnitude, g_scale = magnitude / 32512.0f;
  std::int32_t upper = 0, lower = 0;
  for (std::size_t k = 0; k < depth; ++k) {
    const float scaled = value(k) * multiplier;
    const int both = static_cast<int>(std::nearbyint(scaled));
    const int up = static_cast<int>(std::floor((both + 128) / 256.0));
    upper += up * code(k);
    lower += (both - 256 * up) * code(k);
  }
  const float first = static_cast<float>(upper) * (256.0f * scale * g_scale);
  const float second = static_cast<float>(lower) * (scale * g_scale);
  return 0.0f + first + second;
}

template <class W, class P>
floats plain_dx(const layer<W, P>& l) {
  constexpr bool per_row = W::granularity::row_step(1) != 0;
  floats dx(l.s.tokens * l.s.in);
  std::vector<std::vector<std::int8_t>> codes(l.s.out, std::vector<std::int8_t>(l.s.in));
  for (std::size_t o = 0; o < l.s.out; ++o) unpack_codes(l.w, o, codes[o].data());
  for (std::size_t i = 0; i < dx.size(); ++i) {
    const auto value = [&](std::size_t o) {
      const float g = l.dy[i / l.s.in * l.s.out + o];
      return per_row ? g * l.w.scale(o, 0) : g;
    };
    dx[i] = plain(
        l.s.out, value, [&](std::size_t o) { return int{codes[o][i % l.s.in]}; },
        per_row ? 1.0f : l.w.scale(0, 0));
  }
  return dx;
}

template <class W, class P>
floats plain_dw(const layer<W, P>& l) {
  floats dw(l.s.out * l.s.in);
  for (std::size_t i = 0; i < dw.size(); ++i)
    dw[i] = plain(
        l.s.tokens, [&](std::size_t t) { return l.dy[t * l.s.out + i / l.s.in] * l.scales[t]; },
        [&](std::size_t t) { return int{l.q[t * l.stride() + i % l.s.in]}; }, 1.0f);
  return dw;
}

floats sum(const floats& a, const floats& b) {
  floats out = a;
  for (std::size_t i = 0; i < a.size(); ++i) out[i] += b[i];
  return out;
}

/// Gradients of any shape and thread count equal the plain loops.
template <class W, class P>
void check_bits(const sizes& s) {
  const layer<W, P> l(s);
  const floats dx = plain_dx(l), dw = plain_dw(l);
  const floats before_x = gaussian(4, dx.size()), before_w = gaussian(5, dw.size());
  test::on_every_target([&] {
    INFO(s.tokens << " tokens, " << s.in << " inputs, " << s.out << " outputs");
    for (std::size_t threads = 1; threads <= 4; ++threads) {
      CHECK(dx_of(l, nullptr, threads) == dx);
      CHECK(dw_of(l, nullptr, threads) == dw);
    }
    CHECK(dx_of(l, &before_x, 2) == sum(before_x, dx));
    CHECK(dw_of(l, &before_w, 2) == sum(before_w, dw));
  });
}

/// |a - b| / |b|, over all elements.
double difference(const floats& a, const std::vector<double>& b) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(error / size);
}

using per_tensor = weights::ternary<>;
using per_row = weights::ternary<rules::absmean, scale::per_row>;

}  // namespace

TEST_CASE("gradients in halves give the bits of plain loops", "[simd][gradients]") {
  check_bits<per_tensor, packing::bits2>({1, 1, 1});
  check_bits<per_tensor, packing::base3>({17, 5, 33});
  check_bits<per_row, packing::bits2>({64, 64, 64});
  check_bits<per_tensor, packing::bits2>({200, 67, 30});
  check_bits<per_row, packing::base3>({30, 300, 210});
}

TEST_CASE("gradients in halves of nothing", "[simd][gradients]") {
  for (const sizes s : {sizes{0, 5, 7}, {5, 0, 7}, {5, 7, 0}})
    check_bits<per_tensor, packing::bits2>(s);
}

TEST_CASE("gradients in halves are as near as 16 bits", "[simd][gradients]") {
  const layer<per_row, packing::bits2> l({256, 96, 160});
  std::vector<double> dx(l.s.tokens * l.s.in), dw(l.s.out * l.s.in);
  std::vector<std::int8_t> codes(l.s.in);
  for (std::size_t o = 0; o < l.s.out; ++o) {
    unpack_codes(l.w, o, codes.data());
    for (std::size_t t = 0; t < l.s.tokens; ++t)
      for (std::size_t i = 0; i < l.s.in; ++i) {
        const double g = l.dy[t * l.s.out + o];
        dx[t * l.s.in + i] += g * double{l.w.scale(o, 0)} * codes[i];
        dw[o * l.s.in + i] += g * double{l.scales[t]} * l.q[t * l.stride() + i];
      }
  }
  test::on_every_target([&] {
    CHECK(difference(dx_of(l, nullptr, 1), dx) < 1e-4);
    CHECK(difference(dw_of(l, nullptr, 1), dw) < 1e-4);
  });
}

TEST_CASE("a gradient that is not finite shows", "[simd][gradients]") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
    layer<per_tensor, packing::bits2> l({20, 30, 40});
    l.dy[7 * l.s.out + 3] = bad;
    test::on_every_target([&] {
      const floats dx = dx_of(l, nullptr, 1), dw = dw_of(l, nullptr, 1);
      for (std::size_t i = 0; i < dx.size(); ++i) CHECK(std::isfinite(dx[i]) == (i / l.s.in != 7));
      for (std::size_t i = 0; i < dw.size(); ++i) CHECK(std::isfinite(dw[i]) == (i / l.s.in != 3));
    });
  }
}

TEST_CASE("a split of gradients, by every table", "[simd][gradients]") {
  const auto split = [](const simd::gradient_kernels& table, const simd::split_source& g) {
    std::vector<std::int8_t> panel(32 * round_up(g.depth, 64), 99);
    floats scales(16), memory(simd::float_tile_limits::memory + 16);
    std::vector<std::int32_t> sums(32);
    table.split(g, {panel.data(), scales.data(), sums.data()}, memory.data());
    return std::tuple(panel, scales, sums);
  };
  for (const std::size_t depth : {1u, 3u, 63u, 64u, 65u, 200u, 12500u}) {
    const floats values = gaussian(6, depth * 17), factors = gaussian(7, depth);
    for (const std::size_t count : {1u, 7u, 16u})
      for (const bool columns : {false, true})
        for (const float* f : {static_cast<const float*>(nullptr), factors.data()}) {
          const simd::split_source g{values.data(),
                                     columns ? std::size_t{1} : depth,
                                     columns ? std::size_t{17} : std::size_t{1},
                                     count,
                                     depth,
                                     f};
          const auto expected = split(simd::scalar_gradients, g);
          test::on_every_target([&] {
            INFO(depth << " values of " << count << " lanes");
            CHECK(split(simd::gradients(), g) == expected);
          });
        }
  }
}

TEST_CASE("bytes turned over", "[simd][gradients]") {
  for (const std::size_t rows : {1u, 15u, 16u, 33u, 64u})
    for (const std::size_t cols : {1u, 16u, 31u, 80u}) {
      std::vector<std::int8_t> from(rows * (cols + 1));
      for (std::size_t i = 0; i < from.size(); ++i)
        from[i] = static_cast<std::int8_t>(philox(8, 0, i)[0] & 0xFFu);
      test::on_every_target([&] {
        std::vector<std::int8_t> to(cols * (rows + 2), 99);
        simd::gradients().transpose_bytes(from.data(), cols + 1, rows, cols, to.data(), rows + 2);
        bool same = true;
        for (std::size_t i = 0; i < to.size(); ++i) {
          const std::size_t r = i % (rows + 2), c = i / (rows + 2);
          same = same && to[i] == (r < rows ? from[r * (cols + 1) + c] : 99);
        }
        CHECK(same);
      });
    }
}
