// What the layers compute between products, fused and through kernels, against one step after the
// other: the same bits for every norm, gate, kind of activations, backend and kernel target.
#include <trilith/activations/dequantized.hpp>
#include <trilith/activations/hadamard.hpp>
#include <trilith/activations/int4.hpp>
#include <trilith/activations/top_k.hpp>
#include <trilith/backends/automatic.hpp>
#include <trilith/core/thread_pool.hpp>
#include <trilith/layers/rotary.hpp>
#include <trilith/layers/scheme.hpp>
#include <trilith/model/transformer_block.hpp>
#include <trilith/weights/ternary.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "catch.hpp"
#include "random_values.hpp"

namespace tl = trilith;
using test::random_values;
using floats = std::vector<float>;

namespace {

/// Policies of a user's own, which no kernel knows, though their base class is one a kernel knows.
struct shifted_norm : tl::rms_norm<> {
  static constexpr std::string_view name = "shifted_norm";
  static void apply(const float* x, const float* g, float* y, std::size_t n, float) noexcept {
    for (std::size_t i = 0; i < n; ++i) y[i] = (x[i] + 1.0f) * g[i];
  }
};
struct cubic {
  using policy_kind = tl::gate_kind;
  static constexpr std::string_view name = "cubic";
  static constexpr float of(float x) noexcept { return x * x * x; }
};
struct swapped {
  using policy_kind = tl::rotary_kind;
  static constexpr std::string_view name = "swapped";
  static void turn(float* x, const float* c, const float*, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n / 2; ++i) x[i] = c[i] * x[n - 1 - i];
  }
};

constexpr float eps = 1e-5f;

template <class A>
struct quantised {
  std::vector<typename A::element> q;
  float scale = 0;
  explicit quantised(std::size_t n) : q(n) {}
  bool operator==(const quantised& other) const {
    return scale == other.scale &&
           std::memcmp(q.data(), other.q.data(), q.size() * sizeof(q[0])) == 0;
  }
};

/// One step after the other.
template <class A, class N>
quantised<A> in_steps(const floats& x, const floats& gains) {
  quantised<A> out(x.size());
  floats y(x.size());
  N::apply(x.data(), gains.data(), y.data(), x.size(), eps);
  out.scale = A::quantize(y.data(), out.q.data(), x.size());
  return out;
}

template <class A, class N, class B>
quantised<A> fused(const floats& x, const floats& gains) {
  quantised<A> out(x.size());
  floats scratch(x.size());
  out.scale = tl::quantize_row<A, N, B>(x.data(), gains.data(), eps, out.q.data(), x.size(),
                                        scratch.data());
  return out;
}

template <class A, class G, class N, class B>
quantised<A> fused_gate(floats gate, const floats& up, const floats& gains) {
  quantised<A> out(gate.size());
  floats scratch(gate.size());
  out.scale = tl::quantize_gated_row<A, G, N, B>(gate.data(), up.data(), gains.data(), eps,
                                                 out.q.data(), gate.size(), scratch.data());
  return out;
}

/// check() under every kernel target of this machine.
template <class Check>
void on_every_target(Check check) {
  const std::string before = tl::simd::kernels().target;
  for (std::size_t i = 0; tl::simd::kernels_at(i) != nullptr; ++i) {
    INFO(tl::simd::kernels_at(i)->target);
    REQUIRE(tl::simd::choose_kernels(tl::simd::kernels_at(i)->target));
    check();
  }
  REQUIRE(tl::simd::choose_kernels(before.c_str()));
}

template <class A, class N>
void check_norm() {
  for (const std::size_t n : {1u, 17u, 64u, 200u}) {
    const auto x = random_values(n, 1, 3.0f), gains = random_values(n, 2);
    const auto expected = in_steps<A, N>(x, gains);
    INFO(A::name << " of " << N::name << " of " << n << " values");
    CHECK(fused<A, N, tl::backends::portable>(x, gains) == expected);
    CHECK(fused<A, N, tl::backends::simd>(x, gains) == expected);
    CHECK(fused<A, N, tl::backends::automatic>(x, gains) == expected);
  }
}

template <class A, class G, class N>
void check_gate() {
  for (const std::size_t n : {1u, 17u, 64u, 200u}) {
    const auto gate = random_values(n, 1, 3.0f), up = random_values(n, 2),
               gains = random_values(n, 3);
    floats h(n);
    for (std::size_t i = 0; i < n; ++i) h[i] = G::of(gate[i]) * up[i];
    const auto expected = in_steps<A, N>(h, gains);
    INFO(A::name << " of " << N::name << " of " << n << " values let through by " << G::name);
    CHECK(fused_gate<A, G, N, tl::backends::portable>(gate, up, gains) == expected);
    CHECK(fused_gate<A, G, N, tl::backends::simd>(gate, up, gains) == expected);
  }
}

template <class A, class N>
void check_gates() {
  check_gate<A, tl::silu, N>();
  check_gate<A, tl::relu_squared, N>();
  check_gate<A, cubic, N>();
}

}  // namespace

TEMPLATE_TEST_CASE("norm and quantisation fused give what they give one after the other", "",
                   tl::activations::int8<>, tl::activations::int8<tl::activations::absmean_range>,
                   tl::activations::f32, tl::activations::bf16,
                   tl::activations::dequantized<tl::activations::int8<>>, tl::activations::int4<>,
                   tl::activations::top_k<50>, tl::activations::hadamard<tl::activations::int4<>>,
                   tl::activations::dequantized<tl::activations::hadamard<>>) {
  on_every_target([] {
    check_norm<TestType, tl::rms_norm<>>();
    check_norm<TestType, tl::rms_norm<tl::gain::none>>();
    check_norm<TestType, tl::sub_norm<>>();
    check_norm<TestType, tl::sub_norm<tl::gain::none>>();
    check_norm<TestType, tl::layer_norm>();
    check_norm<TestType, tl::no_norm>();
    check_norm<TestType, shifted_norm>();
  });
}

TEMPLATE_TEST_CASE("gate, norm and quantisation fused give what they give one after the other", "",
                   tl::activations::int8<>, tl::activations::int8<tl::activations::absmean_range>,
                   tl::activations::f32, tl::activations::bf16,
                   tl::activations::dequantized<tl::activations::int8<>>, tl::activations::int4<>,
                   tl::activations::top_k<50>, tl::activations::hadamard<tl::activations::int4<>>,
                   tl::activations::dequantized<tl::activations::hadamard<>>) {
  on_every_target([] {
    check_gates<TestType, tl::sub_norm<>>();
    check_gates<TestType, tl::sub_norm<tl::gain::none>>();
    check_gates<TestType, tl::layer_norm>();
    check_gates<TestType, tl::no_norm>();
    check_gates<TestType, shifted_norm>();
  });
}

TEST_CASE("which norms and gates have kernels") {
  using tl::has_gate_kernel, tl::has_norm_kernel;
  using simd = tl::backends::simd;
  STATIC_REQUIRE(has_norm_kernel<tl::rms_norm<>, simd>);
  STATIC_REQUIRE(has_norm_kernel<tl::sub_norm<tl::gain::none>, tl::backends::automatic>);
  STATIC_REQUIRE_FALSE(has_norm_kernel<tl::rms_norm<>, tl::backends::portable>);
  STATIC_REQUIRE_FALSE(has_norm_kernel<tl::layer_norm, simd>);
  STATIC_REQUIRE_FALSE(has_norm_kernel<shifted_norm, simd>);
  STATIC_REQUIRE(has_gate_kernel<tl::silu, simd>);
  STATIC_REQUIRE_FALSE(has_gate_kernel<cubic, simd>);
  STATIC_REQUIRE_FALSE(has_gate_kernel<tl::silu, tl::backends::portable>);
}

TEST_CASE("quantize_for: rows normed on the way, for any number of threads") {
  using scheme = tl::scheme<tl::weights::ternary<>, tl::activations::int8<>, tl::backends::simd>;
  constexpr std::size_t tokens = 150, cols = 1000, stride = 1010;
  const auto x = random_values(tokens * stride, 1), gains = random_values(cols, 2);
  const auto weights = random_values(3 * cols, 3);
  const auto w =
      tl::pack_matrix<tl::weights::ternary<>, tl::packing::bits2>(weights.data(), 3, cols);
  const tl::normed<tl::rms_norm<>> rows{{x.data(), tokens, cols, stride}, gains.data(), eps};
  for (const std::size_t threads : {1u, 2u, 3u}) {
    const tl::thread_pool pool(threads);
    tl::activation_buffer buffer(tokens, cols, 1, threads);
    const auto view = tl::quantize_for<scheme>(w, rows, buffer, pool.get());
    REQUIRE(view.tokens == tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
      const auto expected = in_steps<tl::activations::int8<>, tl::rms_norm<>>(
          floats(&x[t * stride], &x[t * stride] + cols), gains);
      std::int32_t sum = 0;
      for (const std::int8_t q : expected.q) sum += q;
      REQUIRE(std::memcmp(view.data + t * view.stride, expected.q.data(), cols) == 0);
      REQUIRE(view.scales[t] == expected.scale);
      REQUIRE(view.sums[t] == sum);
    }
  }
}

TEST_CASE("a buffer with scratch for one thread quantises rows under more") {
  constexpr std::size_t tokens = 100, cols = 1000;
  const auto x = random_values(tokens * cols, 1), gains = random_values(cols, 2);
  const auto weights = random_values(3 * cols, 3);
  const auto w =
      tl::pack_matrix<tl::weights::ternary<>, tl::packing::bits2>(weights.data(), 3, cols);
  using scheme =
      tl::scheme<tl::weights::ternary<>, tl::activations::int8<>, tl::backends::portable>;
  const tl::thread_pool pool(3);
  tl::activation_buffer buffer(tokens, cols, 1);
  const tl::normed<tl::layer_norm> rows{{x.data(), tokens, cols}, gains.data(), eps};
  const auto view = tl::quantize_for<scheme>(w, rows, buffer, pool.get());
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto expected = in_steps<tl::activations::int8<>, tl::layer_norm>(
        floats(&x[t * cols], &x[t * cols] + cols), gains);
    REQUIRE(std::memcmp(view.data + t * view.stride, expected.q.data(), cols) == 0);
  }
}

TEMPLATE_TEST_CASE("heads turned together are turned as alone", "", tl::rotary::half_split,
                   tl::rotary::interleaved, swapped) {
  on_every_target([] {
    for (const std::size_t n : {2u, 12u, 64u, 100u}) {
      const auto x = random_values(5 * n, 1), c = random_values(n, 2), s = random_values(n, 3);
      floats expected = x, by_kernels = x, by_loops = x;
      for (std::size_t h = 0; h < 5; ++h) TestType::turn(&expected[h * n], c.data(), s.data(), n);
      tl::turn_heads<TestType, tl::backends::simd>(by_kernels.data(), 5, c.data(), s.data(), n);
      tl::turn_heads<TestType, tl::backends::portable>(by_loops.data(), 5, c.data(), s.data(), n);
      CHECK(by_kernels == expected);
      CHECK(by_loops == expected);
    }
  });
}

TEST_CASE("add_rows adds every row alone, at any stride and thread count") {
  constexpr std::size_t rows = 40, cols = 1003, stride = 1010;
  const auto h = random_values(rows * stride, 1), y = random_values(rows * cols, 2);
  floats expected = h;
  for (std::size_t t = 0; t < rows; ++t)
    for (std::size_t i = 0; i < cols; ++i) expected[t * stride + i] += y[t * cols + i];
  for (const std::size_t threads : {1u, 3u}) {
    const tl::thread_pool pool(threads);
    floats by_kernels = h, by_loops = h;
    tl::add_rows<tl::backends::simd>({by_kernels.data(), rows, cols, stride},
                                     {y.data(), rows, cols}, pool.get());
    tl::add_rows<void>({by_loops.data(), rows, cols, stride}, {y.data(), rows, cols}, pool.get());
    CHECK(by_kernels == expected);
    CHECK(by_loops == expected);
  }
}
