// Table lookup computes what `reference` computes, bit for bit: every packing, shape, group and
// number of tokens, at the extremes, in a layer and in a whole model.
#include <trilith/backends/lut.hpp>
#include <trilith/trilith.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "../unit/model_fixture.hpp"
#include "catch.hpp"

namespace tl = trilith;
namespace packing = trilith::packing;
namespace backends = trilith::backends;

namespace {

// [lookup]
/// The codes +1, -1, 0, +1 lie in one byte of bits2. Its table is filled once for the activations
/// 10, 20, 30, 40; after that the sum 10 - 20 + 40 is one load, for this and any other row.
constexpr int look_up_four_codes() {
  constexpr std::int8_t codes[4] = {1, -1, 0, 1};
  constexpr std::int16_t x[4] = {10, 20, 30, 40};
  std::uint8_t byte = 0;
  packing::pack_row<packing::bits2>(codes, 4, &byte);
  std::int16_t table[256] = {};
  backends::detail::fill_table<packing::bits2>(table, x);
  return table[byte];
}
static_assert(look_up_four_codes() == 30);
// [lookup]

/// Every byte that P produces, against the definition.
template <class P>
constexpr bool tables_are_right() {
  std::int16_t x[P::fields] = {}, table[256] = {};
  for (std::size_t f = 0; f < P::fields; ++f) x[f] = static_cast<std::int16_t>(f % 2 ? 127 : -128);
  x[P::fields - 1] = 5;
  backends::detail::fill_table<P>(table, x);
  for (const std::uint8_t byte : backends::detail::byte_values<P>::bytes) {
    int sum = 0;
    for (std::size_t f = 0; f < P::fields; ++f)
      sum += (P::offset + P::step * P::raw(byte, f)) * x[f];
    if (table[byte] != sum) return false;
  }
  return true;
}
static_assert(tables_are_right<packing::bits1>() && tables_are_right<packing::bits2>() &&
              tables_are_right<packing::base3>());

/// A packing that the library does not know: bits2 upside down.
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
static_assert(tables_are_right<users_own>());

static_assert(backends::Backend<backends::lut> && std::is_empty_v<backends::lut> &&
              !backends::uses_kernels<backends::lut>);
static_assert(backends::detail::has_tables<packing::bits1> &&
              backends::detail::has_tables<packing::base3> &&
              backends::detail::has_tables<users_own> &&
              !backends::detail::has_tables<packing::bits4> &&
              !backends::detail::has_tables<packing::bits8> &&
              !backends::detail::has_tables<tl::weights::f32>);
static_assert(backends::supports<backends::lut, packing::bits8, std::int8_t> &&
              backends::supports<backends::lut, packing::bits2, float> &&
              backends::supports<backends::lut, tl::weights::bf16, float> &&
              !backends::supports<backends::lut, tl::weights::bf16, std::int8_t>);

/// An integer in [low, high], the same one for every run.
int drawn(std::uint64_t seed, std::size_t i, int low, int high) {
  return low +
         static_cast<int>(tl::philox(seed, 0, i)[0] % static_cast<std::uint32_t>(high - low + 1));
}

/// Random codes and activations as a product, with every size apart from its neighbours': rows of
/// y, x and weights have gaps.
template <class P>
struct made_product {
  backends::product p;
  std::vector<std::uint8_t> bytes;
  std::vector<float> scales, x_scales;
  std::vector<std::int8_t> x;

  made_product(std::size_t rows, std::size_t cols, std::size_t group, std::size_t tokens) {
    p.rows = rows, p.cols = cols, p.group = group, p.tokens = tokens;
    p.scale_group = 1;
    p.scale_row = tl::ceil_div(cols, group);
    p.group_bytes = P::row_bytes(group);
    p.row_bytes = p.scale_row * p.group_bytes + 3;
    p.x_stride = cols + 5;
    p.y_stride = rows + 2;
    fill_weights();
    x.assign(tokens * p.x_stride, 0);
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<std::int8_t>(drawn(cols, i, -128, 127));
    for (std::size_t t = 0; t < tokens; ++t) x_scales.push_back(tl::uniform(5, 0, t) + 0.1f);
  }

  void fill_weights() {
    bytes.assign(p.rows * p.row_bytes, 0);
    constexpr int levels = (P::max_code - P::offset) / P::step;
    std::vector<std::int8_t> codes(p.group);
    for (std::size_t r = 0; r < p.rows; ++r)
      for (std::size_t g = 0; g < p.scale_row; ++g) {
        const std::size_t n = tl::min_of(p.group, p.cols - g * p.group);
        for (std::size_t i = 0; i < n; ++i)
          codes[i] =
              static_cast<std::int8_t>(P::offset + P::step * drawn(r, g * p.group + i, 0, levels));
        packing::pack_row<P>(codes.data(), n, bytes.data() + r * p.row_bytes + g * p.group_bytes);
        scales.push_back(tl::uniform(6, r, g) + 0.01f);
      }
  }

  /// Rows [first, last) by backend B; what must not be written stays 12345.
  template <class B>
  std::vector<float> by(std::size_t first, std::size_t last) const {
    std::vector<float> y(p.tokens * p.y_stride, 12345.0f);
    backends::product q = p;
    q.weights = bytes.data(), q.scales = scales.data();
    q.x = x.data(), q.x_scales = x_scales.data();
    q.y = y.data();
    B::template run<P, std::int8_t>(q, first, last);
    return y;
  }
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

template <class P>
void check(const made_product<P>& made, std::size_t first, std::size_t last) {
  INFO(P::name << ": rows " << first << " to " << last << ", " << made.p.cols
               << " columns in groups of " << made.p.group << ", " << made.p.tokens << " tokens");
  CHECK(same_bits(made.template by<backends::lut>(first, last),
                  made.template by<backends::reference>(first, last)));
}

template <class P>
void check(std::size_t rows, std::size_t cols, std::size_t group, std::size_t tokens) {
  check(made_product<P>(rows, cols, group, tokens), 0, rows);
}

template <class M>
std::vector<float> logits_of(const M& model, std::size_t threads) {
  auto s = tl::session<M>::open(model, {.threads = threads}).value();
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(i * i % 50);
  std::vector<float> all;
  const auto keep = [&](std::size_t, std::span<float> l) {
    all.insert(all.end(), l.begin(), l.end());
  };
  REQUIRE(s.score(0, tokens, keep));
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("lookup gives the bits of the reference at every size", "[lut]", packing::bits1,
                   packing::bits2, packing::base3, users_own) {
  for (const std::size_t cols : {1u, 2u, 63u, 64u, 65u, 172u, 255u, 256u, 257u, 320u, 321u, 2560u})
    for (std::size_t tokens = 1; tokens <= 9; ++tokens) {
      check<TestType>(33, cols, cols, tokens);
      check<TestType>(1, cols, cols, tokens);
    }
}

TEMPLATE_TEST_CASE("lookup gives the bits of the reference in groups", "[lut]", packing::bits1,
                   packing::bits2, packing::base3, users_own) {
  for (const std::size_t group : {1u, 7u, 32u, 100u, 128u})
    for (const std::size_t cols : {1u, 31u, 172u, 321u, 1000u})
      for (const std::size_t tokens : {1u, 2u, 8u, 9u}) check<TestType>(35, cols, group, tokens);
}

TEMPLATE_TEST_CASE("more rows than one set of tables serves", "[lut]", packing::bits1,
                   packing::bits2, packing::base3) {
  check<TestType>(8195, 13, 13, 1);
  check<TestType>(8195, 13, 8, 1);
  check<TestType>(2051, 77, 77, 3);
  check<TestType>(1025, 77, 32, 17);
}

TEMPLATE_TEST_CASE("any range of rows, and no other row", "[lut]", packing::bits1, packing::bits2,
                   packing::base3) {
  for (const std::size_t tokens : {1u, 5u}) {
    const made_product<TestType> made(70, 172, 50, tokens);
    for (const std::size_t first : {0u, 1u, 33u})
      for (const std::size_t last : {33u, 34u, 69u, 70u}) check(made, first, last);
  }
}

TEMPLATE_TEST_CASE("the largest sums", "[lut]", packing::bits1, packing::bits2, packing::base3) {
  constexpr std::size_t rows = 34, cols = 8640;
  for (const std::size_t tokens : {1u, 8u})
    for (const int value : {-128, 127}) {
      made_product<TestType> made(rows, cols, cols, tokens);
      const std::vector<std::int8_t> plus(cols, 1), minus(cols, -1);
      for (std::size_t r = 0; r < rows; ++r)
        packing::pack_row<TestType>((r % 2 ? minus : plus).data(), cols,
                                    made.bytes.data() + r * made.p.row_bytes);
      for (std::int8_t& x : made.x) x = static_cast<std::int8_t>(value);
      check(made, 0, rows);
      made.scales.assign(rows, 1.0f), made.x_scales.assign(tokens, 1.0f);
      const auto y = made.template by<backends::lut>(0, rows);
      CHECK(y[0] == static_cast<float>(value * int{cols}));
      CHECK(y[1] == static_cast<float>(-value * int{cols}));
    }
}

TEST_CASE("a layer by lookup gives the bits of a portable one, on any number of threads", "[lut]") {
  using portable = tl::scheme<tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<64>>,
                              tl::activations::int8<>, backends::portable>;
  using lookup = portable::with_backend<backends::lut>;
  constexpr std::size_t out = 300, in = 700, tokens = 11;
  std::vector<float> weights(out * in), x(tokens * in), a(tokens * out), b(tokens * out, -1.0f);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = tl::uniform(1, 0, i) - 0.5f;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = tl::uniform(2, 0, i) - 0.5f;
  tl::bit_linear<portable, packing::base3>(weights.data(), out, in)
      .forward({x.data(), tokens, in}, {a.data(), tokens, out});
  tl::bit_linear<lookup, packing::base3> layer(weights.data(), out, in);
  const tl::thread_pool pool(2);
  for (const tl::executor& run : {tl::executor{}, pool.get()}) {
    layer.forward({x.data(), tokens, in}, {b.data(), tokens, out}, run);
    CHECK(same_bits(a, b));
  }
}

template <class W, class P>
struct model_of {
  static auto make() { return tl::pack<P>(test::random_dense<test::blueprint<W>>(7)); }
};

TEMPLATE_TEST_CASE("a model by lookup has the logits of a portable one", "[lut]",
                   (model_of<tl::weights::ternary<>, packing::bits2>),
                   (model_of<tl::weights::ternary<>, packing::base3>),
                   (model_of<tl::weights::binary<>, packing::bits1>)) {
  const auto expected = logits_of(TestType::make(), 1);
  CHECK(expected.size() == 20 * 50);
  for (const std::size_t threads : {1u, 2u})
    CHECK(
        same_bits(logits_of(tl::with_backend<backends::lut>(TestType::make()), threads), expected));
}
