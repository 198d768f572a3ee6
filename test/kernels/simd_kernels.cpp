// Every kernel of every target this machine runs, against loops over unpacked rows: bit by bit.
#include <trilith/backends/simd/kernel_table.hpp>
#include <trilith/core/half.hpp>
#include <trilith/core/random.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

#include "catch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

using namespace trilith;
using simd::weight_format;

/// n values that begin some elements into an allocation and end exactly 64 bytes, which is what
/// kernels may read on, before its end: an address sanitizer sees a kernel that reads further.
template <class T>
struct unaligned {
  std::vector<T> all;
  std::size_t shift;
  explicit unaligned(std::size_t n, std::size_t by = 1) : all(by + n + 64 / sizeof(T)), shift(by) {}
  T* data() { return all.data() + shift; }
};

struct random_words {
  std::uint64_t next = 0;
  std::uint32_t operator()() { return philox(1, 2, next++)[0]; }
};

/// Floats of very different sizes, so that another order of adding gives other bits.
float spread(std::uint32_t word) {
  const float sign = (word & 1u) != 0 ? -1.0f : 1.0f;
  return sign * std::ldexp(1.0f + static_cast<float>(word >> 9) * 0x1p-23f,
                           static_cast<int>(word >> 1 & 15u));
}

enum class fill { any, lowest, highest, zero };

std::int8_t activation(std::int8_t, fill how, std::uint32_t word) {
  if (how == fill::lowest) return -128;
  if (how == fill::highest) return 127;
  return how == fill::zero ? std::int8_t{0} : static_cast<std::int8_t>(word >> 8);
}
float activation(float, fill how, std::uint32_t word) {
  return how == fill::zero ? 0.0f : spread(word);
}

struct extent {
  std::size_t rows, cols, tokens, group;
  std::size_t groups() const { return (cols + group - 1) / group; }
  std::size_t in_group(std::size_t g) const { return std::min(group, cols - g * group); }
};

/// A product and its outputs by definition. The weights are filled in from outside, as they lie in
/// memory and as floats.
template <class X>
struct example {
  extent e;
  weight_format format;
  unaligned<std::uint8_t> weights;
  std::vector<float> decoded;  // [rows, cols]
  unaligned<X> x;
  std::vector<float> scales, x_scales, y;
  std::vector<std::int32_t> x_sums;
  simd::product product;

  example(weight_format of_weights, extent of, std::size_t row_bytes, std::size_t group_bytes,
          fill how, random_words& random)
      : e(of),
        format(of_weights),
        weights(e.rows * row_bytes, format < weight_format::f32 ? 3 : 4),
        decoded(e.rows * e.cols),
        x(e.tokens * e.cols),
        scales(e.rows * e.groups()),
        x_scales(e.tokens),
        y(e.tokens * e.rows),
        x_sums(e.tokens * e.groups()) {
    for (std::size_t i = 0; i < e.tokens * e.cols; ++i) {
      x.data()[i] = activation(X{}, how, random());
      x_sums[i / e.cols * e.groups() + i % e.cols / e.group] +=
          static_cast<std::int32_t>(x.data()[i]);
    }
    for (float& s : scales) s = spread(random());
    for (float& s : x_scales) s = spread(random());
    product = {weights.data(), e.rows,     e.cols, row_bytes, e.group, group_bytes,
               &scales[0],     e.groups(), 1,      x.data(),  e.cols,  &x_scales[0],
               &x_sums[0],     e.tokens,   &y[0],  e.rows,    nullptr};
  }

  /// Runs the kernel for many tokens of every table that has one.
  void check_batch()
    requires std::is_same_v<X, std::int8_t>
  {
    const std::vector<float> expected = by_definition();
    const std::size_t tile = simd::panel_width(e.cols, e.group) * simd::panel_tokens;
    for (std::size_t i = 0; const simd::kernel_table* table = simd::kernels_at(i); ++i) {
      INFO(table->target << ", format " << static_cast<int>(format) << ", rows " << e.rows
                         << ", columns " << e.cols << ", tokens " << e.tokens << ", group "
                         << e.group);
      const simd::product_fn kernel = table->batch[static_cast<std::size_t>(format)];
      if (kernel == nullptr) continue;
      std::vector<std::int8_t> panel((e.tokens + 15) / 16 * tile, 99);
      for (std::size_t t = 0; t < e.tokens; t += 16)
        table->arrange(x.data() + t * e.cols, e.cols, std::min<std::size_t>(16, e.tokens - t),
                       e.cols, e.group, panel.data() + t / 16 * tile);
      product.panel = panel.data();
      std::fill(y.begin(), y.end(), 12345.0f);
      kernel(product, 0, e.rows / 2);
      kernel(product, e.rows / 2, e.rows);
      CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0);
    }
  }

  /// Runs the kernel of every table, in two parts of the rows.
  void check() {
    const std::vector<float> expected = by_definition();
    for (std::size_t i = 0; const simd::kernel_table* table = simd::kernels_at(i); ++i) {
      INFO(table->target << ", format " << static_cast<int>(format) << ", rows " << e.rows
                         << ", columns " << e.cols << ", tokens " << e.tokens << ", group "
                         << e.group);
      const auto f = static_cast<std::size_t>(format);
      const simd::product_fn kernel =
          std::is_same_v<X, std::int8_t> ? table->int8[f] : table->f32[f];
      REQUIRE(kernel != nullptr);
      std::fill(y.begin(), y.end(), 12345.0f);
      kernel(product, 0, e.rows / 2);
      kernel(product, e.rows / 2, e.rows);
      CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0);
    }
  }

 private:
  std::vector<float> by_definition() {
    std::vector<float> result;
    for (std::size_t t = 0; t < e.tokens; ++t)
      for (std::size_t o = 0; o < e.rows; ++o) {
        float sum = 0.0f;
        for (std::size_t g = 0; g < e.groups(); ++g) {
          const std::size_t at = g * e.group;
          // `volatile` keeps the compiler from fusing a product and a sum.
          const volatile float scale = scales[o * e.groups() + g] * x_scales[t];
          const volatile float term =
              scale * dot(&decoded[o * e.cols + at], x.data() + t * e.cols + at, e.in_group(g));
          sum += term;
        }
        result.push_back(sum);
      }
    return result;
  }
  static float dot(const float* w, const std::int8_t* in, std::size_t n) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<std::int32_t>(w[i]) * in[i];
    return static_cast<float>(sum);
  }
  static float dot(const float* w, const float* in, std::size_t n) {
    float sum[16] = {};
    for (std::size_t i = 0; i < n; ++i) {
      const volatile float term = w[i] * in[i];
      sum[i % 16] += term;
    }
    for (std::size_t width = 8; width != 0; width /= 2)
      for (std::size_t l = 0; l < width; ++l) sum[l] += sum[l + width];
    return sum[0];
  }
};

/// Calls check(extent) for every combination of sizes around a block of the given length.
template <class Check>
void for_each_extent(std::size_t block, Check check) {
  for (const std::size_t cols :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17}, block - 1, block,
        block + 1, std::size_t{172}, std::size_t{2627}, std::size_t{5460}})
    for (const std::size_t rows : {1u, 3u, 5u})
      for (const std::size_t tokens : {1u, 2u, 5u})
        for (const std::size_t group : {cols, std::size_t{32}, std::size_t{100}})
          if (group <= cols) check(extent{rows, cols, tokens, group});
}

/// Any bytes at all, unused fields included, or the same code everywhere. The fields of a byte that
/// no packing makes are independent of each other, except in base3.
template <class P>
std::uint8_t weight_byte(fill how, std::uint32_t word) {
  const auto byte = static_cast<std::uint8_t>(word >> 8);
  if (how == fill::any)
    return std::is_same_v<P, packing::base3> && !P::valid(byte) ? std::uint8_t{0xF2} : byte;
  std::array<std::uint8_t, P::fields> raws{};
  if (how == fill::highest)
    raws.fill(static_cast<std::uint8_t>((P::max_code - P::offset) / P::step));
  return P::join(raws);
}

/// The same around the tiles of the kernels for many tokens.
template <class Check>
void for_each_batch(Check check) {
  for (const std::size_t cols : {1u, 63u, 64u, 65u, 172u, 640u, 1300u, 2627u})
    for (const auto& [rows, tokens] : {std::pair{1u, 1u},
                                       {3u, 16u},
                                       {35u, 7u},
                                       {70u, 9u},
                                       {70u, 40u},
                                       {33u, 131u},
                                       {2u, 97u},
                                       {17u, 64u},
                                       {34u, 211u}})
      for (const std::size_t group : {cols, std::size_t{64}, std::size_t{100}})
        if (group <= cols) check(extent{rows, cols, tokens, group});
  // A panel of few tokens and whole blocks of rows, columns and groups: AMX reads int8 codes where
  // they lie then. Half of the rows is one call, so both calls have blocks.
  for (const std::size_t cols : {64u, 640u, 1280u})
    for (const auto& [rows, tokens] : {std::pair{70u, 2u}, {70u, 16u}, {130u, 8u}})
      for (const std::size_t group : {cols, std::size_t{64}})
        check(extent{rows, cols, tokens, group});
}

template <class P, class X>
void check_packing(weight_format format, bool batch = false) {
  constexpr fill fills[][2] = {{fill::any, fill::any},
                               {fill::highest, fill::lowest},
                               {fill::highest, fill::highest},
                               {fill::lowest, fill::lowest},
                               {fill::any, fill::zero}};
  random_words random;
  std::size_t turn = 0;
  const auto check_one = [&](extent e) {
    const auto [codes, x] = fills[turn++ % std::size(fills)];
    const std::size_t group_bytes = P::row_bytes(e.group);
    const std::size_t row_bytes =
        (e.groups() - 1) * group_bytes + P::row_bytes(e.in_group(e.groups() - 1));
    example<X> it(format, e, row_bytes, group_bytes, x, random);
    for (std::size_t i = 0; i < e.rows * row_bytes; ++i)
      it.weights.data()[i] = weight_byte<P>(codes, random());
    std::vector<std::int8_t> row(e.group);
    for (std::size_t o = 0; o < e.rows; ++o)
      for (std::size_t g = 0; g < e.groups(); ++g) {
        packing::unpack_row<P>(it.weights.data() + o * row_bytes + g * group_bytes, e.in_group(g),
                               row.data());
        std::copy_n(row.begin(), e.in_group(g), &it.decoded[o * e.cols + g * e.group]);
      }
    if constexpr (std::is_same_v<X, std::int8_t>)
      if (batch) return it.check_batch();
    it.check();
  };
  batch ? for_each_batch(check_one) : for_each_extent(P::block, check_one);
}

template <class Element>
void check_plain(weight_format format, Element (*encode)(float)) {
  random_words random;
  for_each_extent(64, [&](extent e) {
    if (e.group != e.cols) return;
    const std::size_t row_bytes = e.cols * sizeof(Element);
    example<float> it(format, e, row_bytes, row_bytes, fill::any, random);
    for (std::size_t i = 0; i < it.decoded.size(); ++i) {
      const Element w = encode(spread(random()));
      std::memcpy(it.weights.data() + i * sizeof(Element), &w, sizeof(Element));
      it.decoded[i] = to_float(w);
    }
    it.check();
  });
}

}  // namespace

TEST_CASE("int8 activations: integer sums of every table are those of a plain loop", "[simd]") {
  SECTION("bits1") {
    check_packing<packing::bits1, std::int8_t>(weight_format::bits1);
  }
  SECTION("bits2") {
    check_packing<packing::bits2, std::int8_t>(weight_format::bits2);
  }
  SECTION("base3") {
    check_packing<packing::base3, std::int8_t>(weight_format::base3);
  }
  SECTION("bits4") {
    check_packing<packing::bits4, std::int8_t>(weight_format::bits4);
  }
  SECTION("bits8") {
    check_packing<packing::bits8, std::int8_t>(weight_format::bits8);
  }
}

TEST_CASE("many tokens at once: the same sums from a panel", "[simd]") {
  SECTION("bits1") {
    check_packing<packing::bits1, std::int8_t>(weight_format::bits1, true);
  }
  SECTION("bits2") {
    check_packing<packing::bits2, std::int8_t>(weight_format::bits2, true);
  }
  SECTION("base3") {
    check_packing<packing::base3, std::int8_t>(weight_format::base3, true);
  }
  SECTION("bits4") {
    check_packing<packing::bits4, std::int8_t>(weight_format::bits4, true);
  }
  SECTION("bits8") {
    check_packing<packing::bits8, std::int8_t>(weight_format::bits8, true);
  }
}

TEST_CASE("float activations: the sums of every table have the bits of the fixed order", "[simd]") {
  SECTION("bits1") {
    check_packing<packing::bits1, float>(weight_format::bits1);
  }
  SECTION("bits2") {
    check_packing<packing::bits2, float>(weight_format::bits2);
  }
  SECTION("base3") {
    check_packing<packing::base3, float>(weight_format::base3);
  }
  SECTION("bits4") {
    check_packing<packing::bits4, float>(weight_format::bits4);
  }
  SECTION("bits8") {
    check_packing<packing::bits8, float>(weight_format::bits8);
  }
  SECTION("f32") {
    check_plain<float>(weight_format::f32, [](float w) { return w; });
  }
  SECTION("f16") {
    check_plain<float16>(weight_format::f16, to_float16);
  }
  SECTION("bf16") {
    check_plain<bfloat16>(weight_format::bf16, to_bfloat16);
  }
}

TEST_CASE("every binary16 value is converted exactly by every table", "[simd]") {
  unaligned<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < 65536; ++i) halves.data()[i] = static_cast<std::uint16_t>(i);
  unaligned<float> one(1);
  *one.data() = 1.0f;
  const float scale = 1.0f;
  std::vector<float> y(65536);
  const simd::product product{.weights = halves.data(),
                              .rows = 65536,
                              .cols = 1,
                              .row_bytes = 2,
                              .group = 1,
                              .group_bytes = 2,
                              .scales = &scale,
                              .x = one.data(),
                              .x_stride = 1,
                              .x_scales = &scale,
                              .tokens = 1,
                              .y = y.data(),
                              .y_stride = 65536};
  for (std::size_t i = 0; const simd::kernel_table* table = simd::kernels_at(i); ++i) {
    INFO(table->target);
    table->f32[static_cast<std::size_t>(weight_format::f16)](product, 0, 65536);
    std::size_t wrong = 0;
    for (std::size_t h = 0; h < 65536; ++h) {
      const float expected = to_float(float16{static_cast<std::uint16_t>(h)});
      wrong += !(y[h] == expected || (std::isnan(y[h]) && std::isnan(expected)));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("long rows of extremes do not overflow", "[simd]") {
  // 2^31 / (128 * 128) = 131072 codes of bits8 are what an int32 holds; less is allowed.
  const extent e{2, 131008, 4, 131008};
  random_words random;
  example<std::int8_t> bits8(weight_format::bits8, e, e.cols, e.cols, fill::lowest, random);
  std::fill_n(bits8.weights.data(), 2 * e.cols, std::uint8_t{0x80});
  std::fill(bits8.decoded.begin(), bits8.decoded.end(), -128.0f);
  bits8.check();

  bits8.check_batch();

  // bits2 in one row of more codes than a kernel adds before it shifts
  const extent longer{1, 4200001, 1, 4200001};
  const std::size_t bytes = packing::bits2::row_bytes(longer.cols);
  example<std::int8_t> bits2(weight_format::bits2, longer, bytes, bytes, fill::lowest, random);
  std::fill_n(bits2.weights.data(), bytes, packing::bits2::join({2, 2, 2, 2}));
  std::fill(bits2.decoded.begin(), bits2.decoded.end(), 1.0f);
  bits2.check();
}

TEST_CASE("the choice of a table", "[simd]") {
  const std::string_view before = simd::kernels().target;
  CHECK_FALSE(simd::choose_kernels("AVX9"));
  CHECK(simd::kernels().target == before);
  for (std::size_t i = 0; const simd::kernel_table* table = simd::kernels_at(i); ++i) {
    CHECK(simd::choose_kernels(table->target));
    CHECK(&simd::kernels() == table);
  }
  CHECK(simd::kernels().target == std::string_view("SCALAR"));
  CHECK(simd::choose_kernels(before.data()));
}
