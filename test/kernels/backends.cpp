// Every backend computes what `reference` computes, bit for bit: for all weights, packings and
// activations, at sizes around a block, in groups, and shared between threads.
#include <trilith/activations/int8.hpp>
#include <trilith/activations/plain.hpp>
#include <trilith/backends/automatic.hpp>
#include <trilith/backends/eigen.hpp>
#include <trilith/backends/reference.hpp>
#include <trilith/layers/scheme.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/ternary.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "catch.hpp"
#include "counting_pool.hpp"

namespace tl = trilith;
namespace weights = trilith::weights;
namespace packing = trilith::packing;
namespace activations = trilith::activations;
namespace backends = trilith::backends;

namespace {

/// A packing that the library does not know, and so no vector kernel either: bits2 upside down.
struct users_own : packing::planar<4> {
  using policy_kind = tl::packing_kind;
  static constexpr std::string_view name = "users_own";
  static constexpr int offset = -1, step = 1, max_code = 1;
  static constexpr std::uint8_t raw(std::uint8_t byte, std::size_t field) noexcept {
    return packing::bits2::raw(byte, 3 - field);
  }
  static constexpr std::uint8_t join(const std::array<std::uint8_t, 4>& r) noexcept {
    return packing::bits2::join({r[3], r[2], r[1], r[0]});
  }
  static constexpr bool valid(std::uint8_t byte) noexcept { return packing::bits2::valid(byte); }
};

template <class W, class P>
struct coded {
  using weights = W;
  using matrix = tl::packed_matrix<W, P>;
  static constexpr std::size_t block = P::block;
  static matrix make(const std::vector<float>& w, std::size_t rows, std::size_t cols) {
    return tl::pack_matrix<W, P>(w.data(), rows, cols);
  }
};
template <class W>
struct plain {
  using weights = W;
  using matrix = tl::plain_matrix<W>;
  static constexpr std::size_t block = 256;
  static matrix make(const std::vector<float>& w, std::size_t rows, std::size_t cols) {
    matrix m(rows, cols);
    for (std::size_t i = 0; i < w.size(); ++i) m.elements[i] = W::store(w[i]);
    return m;
  }
};

/// Values of very different sizes, so that another order of adding floats gives other bits.
std::vector<float> spread(std::size_t n, std::uint64_t seed) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = tl::philox(seed, 0, i);
    x[i] = std::ldexp(float(word[0]) * 0x1p-31f - 1.0f, int(word[1] % 6));
  }
  return x;
}

template <class B, class M, class X>
std::vector<float> product(const M& m, const tl::activation_view<X>& x, const tl::executor& run) {
  std::vector<float> y(x.tokens * m.rows, 12345.0f);
  tl::multiply<B>(m, x, {y.data(), x.tokens, m.rows}, run);
  return y;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

template <class B, class M, class X>
void check_backend(const M& m, const tl::activation_view<X>& x, const tl::executor& run,
                   const std::vector<float>& expected) {
  if constexpr (backends::supports<B, typename M::format, X>) {
    INFO(B::name << ", " << run.threads << " threads");
    CHECK(same_bits(product<B>(m, x, run), expected));
  }
}

template <class A, class M>
void check_all(const M& m, const std::vector<float>& values, std::size_t tokens,
               const tl::executor& run = {}) {
  using met = tl::activations_for<M, A>;
  tl::activation_buffer buffer(tokens, m.cols, m.cols);
  const auto x = buffer.quantize<met>({values.data(), tokens, m.cols}, tl::activation_group(m), {});
  const auto expected = product<backends::reference>(m, x, {});
  INFO(met::name << ", " << m.rows << " rows, " << m.cols << " columns, " << tokens << " tokens");
  check_backend<backends::portable>(m, x, run, expected);
  check_backend<backends::eigen>(m, x, run, expected);
  check_backend<backends::simd>(m, x, run, expected);
  check_backend<backends::automatic>(m, x, run, expected);
}

template <class Storage>
void check_sizes(std::size_t rows, std::size_t cols, std::size_t tokens,
                 const tl::executor& run = {}) {
  const auto m = Storage::make(spread(rows * cols, rows + cols), rows, cols);
  const auto x = spread(tokens * cols, 1 + tokens + cols);
  INFO(Storage::weights::name << " in " << Storage::matrix::format::name);
  check_all<activations::int8<>>(m, x, tokens, run);
  check_all<activations::int8<activations::absmean_range>>(m, x, tokens, run);
  check_all<activations::f32>(m, x, tokens, run);
  check_all<activations::bf16>(m, x, tokens, run);
}

using ternary = weights::ternary<>;
using drawn =
    weights::ternary<tl::rules::absmedian, tl::scale::per_row, tl::rounding::stochastic<1>>;
template <std::size_t N>
using grouped = weights::ternary<tl::rules::absmean, tl::scale::per_group<N>>;

}  // namespace

TEMPLATE_TEST_CASE("all backends give the bits of the reference", "",
                   (coded<ternary, packing::bits2>), (coded<ternary, packing::base3>),
                   (coded<ternary, packing::bits4>), (coded<ternary, packing::bits8>),
                   (coded<ternary, users_own>), (coded<drawn, packing::base3>),
                   (coded<grouped<128>, packing::bits2>), (coded<grouped<7>, packing::base3>),
                   (coded<grouped<1>, packing::bits2>), (coded<weights::binary<>, packing::bits1>),
                   (coded<weights::binary<>, packing::bits2>),
                   (coded<weights::binary<tl::scale::per_group<100>>, packing::bits1>),
                   (coded<weights::int8<>, packing::bits8>),
                   (coded<weights::int8<tl::scale::per_group<64>>, packing::bits8>),
                   plain<weights::f32>, plain<weights::f16>, plain<weights::bf16>) {
  constexpr std::size_t block = TestType::block;
  for (const std::size_t cols : {std::size_t{1}, std::size_t{172}, block - 1, block, block + 1})
    for (const std::size_t rows : {1u, 2u, 5u})
      for (const std::size_t tokens : {1u, 2u, 3u}) check_sizes<TestType>(rows, cols, tokens);
}

TEMPLATE_TEST_CASE("threads share the rows of a large product", "",
                   (coded<ternary, packing::bits2>), (coded<ternary, users_own>),
                   (coded<grouped<7>, packing::base3>), (coded<weights::binary<>, packing::bits1>),
                   (coded<weights::int8<>, packing::bits8>), plain<weights::f16>,
                   plain<weights::bf16>) {
  for (const std::size_t threads : {2u, 3u}) {
    const test::counting_pool pool(threads);
    for (const std::size_t tokens : {3u, 6u}) {
      const int before = pool.shared_loops();
      check_sizes<TestType>(110, 1700, tokens, pool.get());
      CHECK(pool.shared_loops() >= before + 3 * 4);  // every product, of every kind of activations
    }
  }
}

TEMPLATE_TEST_CASE("the largest sums", "", (coded<ternary, packing::bits2>),
                   (coded<ternary, packing::base3>), (coded<weights::binary<>, packing::bits1>),
                   (coded<weights::int8<>, packing::bits8>)) {
  constexpr std::size_t cols = 8640;
  std::vector<float> w(2 * cols, 1.0f), x(cols, 1.0f);
  for (std::size_t i = cols; i < 2 * cols; ++i) w[i] = -1.0f;  // row 0 is all +, row 1 all -
  const auto m = TestType::make(w, 2, cols);
  check_all<activations::int8<>>(m, x, 1);
  for (std::size_t i = 0; i < cols; i += 2) x[i] = -1.0f;
  check_all<activations::int8<>>(m, x, 1);
  check_all<activations::f32>(m, x, 1);
}

TEST_CASE("all codes times 127 is what it should be") {
  constexpr std::size_t cols = 8640;
  const std::vector<float> w(cols, 0.5f), x(cols, -2.0f);
  const auto m = tl::pack_matrix<ternary, packing::base3>(w.data(), 1, cols);
  tl::activation_buffer buffer(1, cols, 1);
  const auto view = buffer.quantize<activations::int8<>>({x.data(), 1, cols}, cols, {});
  const float scale = 0.5f * (2.0f / 127);
  CHECK(product<backends::automatic>(m, view, {})[0] == float(-127 * int(cols)) * scale);
}

TEST_CASE("activations arranged for a backend give the bits of those that are not") {
  constexpr std::size_t rows = 70, cols = 1300, tokens = 40;
  const auto m =
      tl::pack_matrix<ternary, packing::base3>(spread(rows * cols, 3).data(), rows, cols);
  const auto values = spread(tokens * cols, 4);
  tl::activation_buffer one(tokens, cols, 1), other(tokens, cols, 1);
  const auto plain = one.quantize<activations::int8<>>({values.data(), tokens, cols}, cols, {});
  const auto arranged =
      other.quantize<activations::int8<>, backends::simd>({values.data(), tokens, cols}, cols, {});
  const auto& table = tl::simd::kernels();
  CHECK(plain.panel == nullptr);
  CHECK((arranged.panel != nullptr) == (table.arrange != nullptr && table.batch_from <= tokens));
  const auto expected = product<backends::reference>(m, plain, {});
  CHECK(same_bits(product<backends::simd>(m, arranged, {}), expected));
  CHECK(same_bits(product<backends::simd>(m, plain, {}), expected));
}

TEST_CASE("activations are arranged where the weights' kernels read them arranged") {
  constexpr std::size_t cols = 256, tokens = 40;
  const auto values = spread(tokens * cols, 5);
  tl::activation_buffer buffer(tokens, cols, 1);
  const auto is_arranged = [&]<class F>(F) {
    return buffer
               .quantize<activations::int8<>, backends::automatic, F>({values.data(), tokens, cols},
                                                                      cols, {})
               .panel != nullptr;
  };
  const std::string chosen = tl::simd::kernels().target;
  for (std::size_t i = 0; const tl::simd::kernel_table* table = tl::simd::kernels_at(i); ++i) {
    REQUIRE(tl::simd::choose_kernels(table->target));
    INFO(table->target);
    const auto reads = [&](tl::simd::weight_format f) {
      return table->batch[static_cast<std::size_t>(f)] != nullptr;
    };
    CHECK(is_arranged(packing::bits8{}) == reads(tl::simd::weight_format::bits8));
    CHECK(is_arranged(packing::base3{}) == reads(tl::simd::weight_format::base3));
    CHECK_FALSE(is_arranged(users_own{}));
  }
  REQUIRE(tl::simd::choose_kernels(chosen.c_str()));
}
