// The formats of the cache: elements, sizes, the exponential of the blocked softmax, and sessions.
#include <trilith/kv/exponential.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "catch.hpp"

namespace tl = trilith;
using tl::kv::falling_exponential;

namespace {

/// |found - e^x| in units of the last place of the float nearest to e^x, over what is documented.
double share_of_bound(float x) {
  const double exact = std::exp(static_cast<double>(x));
  const float near = static_cast<float>(exact);
  const double unit = static_cast<double>(std::nextafter(near, 2.0f) - near);
  const double off = std::abs(static_cast<double>(falling_exponential(x)) - exact) / unit;
  return off / (0.8 - 0.045 * static_cast<double>(x));
}

constexpr tl::shape sizes{.dim = 40,
                          .ffn_dim = 86,
                          .layers = 2,
                          .heads = 4,
                          .kv_heads = 2,
                          .head_dim = 10,
                          .vocab = 30,
                          .context = 150};

using tokens = std::vector<std::int32_t>;
template <class Backend = tl::backends::automatic>
using model = tl::packed<typename tl::presets::b1_58_relu<>::with_backend<Backend>>;

template <class Model>
Model small_model() {
  tl::dense<typename Model::blueprint> floats(sizes);
  tl::fill_random(floats, 3, 0.5f);
  return tl::pack(floats);
}

tokens some_tokens(std::size_t count) {
  tokens all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<std::int32_t>(i * i % 30);
  return all;
}

/// The logits after every token of a prompt fed in pieces of `piece` tokens.
template <class Model>
std::vector<float> logits_of(const Model& m, const tl::session_options& options,
                             std::size_t piece = 140) {
  auto s = tl::session<Model>::open(m, options).value();
  const tokens prompt = some_tokens(140);
  std::vector<float> all;
  const auto keep = [&](std::size_t, std::span<float> l) {
    all.insert(all.end(), l.begin(), l.end());
  };
  for (std::size_t at = 0; at < prompt.size(); at += piece)
    (void)s.score(0, std::span(prompt).subspan(at, std::min(piece, prompt.size() - at)), keep)
        .value();
  return all;
}

/// A format of a user's own: one byte a value, in sixteenths, with the textbook's softmax.
struct sixteenths : tl::kv::elements<sixteenths> {
  using policy_kind = tl::kv_kind;
  using element = std::int8_t;
  using softmax = tl::kv::textbook;
  static constexpr std::string_view name = "sixteenths";
  static constexpr std::size_t bits = 8;
  static constexpr element store(float x) noexcept {
    return static_cast<element>(tl::round_even(tl::clamp_to(x * 16, -127.0f, 127.0f)));
  }
  static constexpr float load(element x) noexcept { return static_cast<float>(x) / 16; }
};

static_assert(tl::kv::Format<tl::kv::f32> && tl::kv::Format<tl::kv::f16>);
static_assert(tl::kv::Format<tl::kv::bf16> && std::is_empty_v<tl::kv::bf16>);
static_assert(tl::kv::Format<sixteenths> && !tl::kv::Format<tl::weights::f16>);
static_assert(std::is_empty_v<tl::kv::f32> && std::is_empty_v<tl::kv::f16>);
static_assert(tl::kv::f16::load(tl::kv::f16::store(0.333333f)) == 0x1.554p-2f);
static_assert(tl::kv::f16::load(tl::kv::f16::store(1e9f)) == 65504.0f);
static_assert(tl::kv::f16::load(tl::kv::f16::store(-65520.0f)) == -65504.0f);
static_assert(tl::kv::f16::load(tl::kv::f16::store(2049.0f)) == 2048.0f);  // ties to even
static_assert(tl::kv::f16::load(tl::kv::f16::store(2051.0f)) == 2052.0f);
static_assert(tl::kv::f32::load(tl::kv::f32::store(0.1f)) == 0.1f);
static_assert(tl::kv::bf16::load(tl::kv::bf16::store(0.333333f)) == 0x1.56p-2f);
static_assert(tl::kv::bf16::load(tl::kv::bf16::store(257.0f)) == 256.0f);  // ties to even
static_assert(tl::kv::bf16::load(tl::kv::bf16::store(259.0f)) == 260.0f);
static_assert(tl::kv::bf16::load(tl::kv::bf16::store(-1e30f)) == -0x1p60f);
static_assert(tl::kv::bf16::load(tl::kv::bf16::store(-0x1p-50f)) == -0x1p-50f);
static_assert(tl::kv::bf16::store(-0x1.fffffep-51f) == tl::bfloat16{});
static_assert(tl::kv_format(tl::kv::f16{}).bits == 16);
static_assert(tl::kv_format(tl::kv::bf16{}).bits == 16);
static_assert(tl::kv_format(tl::kv::bf16{}).name == "bf16");
static_assert(tl::kv_format(tl::kv::f16{}).name == "f16");
static_assert(tl::kv_format().name == "f32");
static_assert(tl::kv::Format<tl::kv::int3> && std::is_empty_v<tl::kv::int3>);
static_assert(tl::kv::int3::name == "int3" && tl::kv::coded<3, 4>::name == "int3<4>");
static_assert(tl::kv_format(tl::kv::int4{}).kernel == tl::kv_kernel::int4);
static_assert(tl::kv_format(tl::kv::coded<3, 4>{}).kernel == tl::kv_kernel::none);

const tl::kv_format narrow_formats[]{tl::kv::f16{}, tl::kv::bf16{}, tl::kv::int8{}, tl::kv::int4{},
                                     tl::kv::int3{}};

}  // namespace

TEST_CASE("f16 and bf16 keep what is not a number out of the cache", "[kv]") {
  CHECK(tl::kv::bf16::store(std::nanf("")) == tl::bfloat16{});
  CHECK(tl::kv::bf16::load(tl::kv::bf16::store(std::numeric_limits<float>::infinity())) == 0x1p60f);
  CHECK(tl::kv::f16::load(tl::kv::f16::store(std::nanf(""))) == 0.0f);
  CHECK(tl::kv::f16::load(tl::kv::f16::store(std::numeric_limits<float>::infinity())) == 65504.0f);
}

TEST_CASE("the exponential of the blocked softmax", "[kv]") {
  CHECK(falling_exponential(0.0f) == 1.0f);
  CHECK(falling_exponential(-0.0f) == 1.0f);
  CHECK(falling_exponential(-87.5f) == 0.0f);
  CHECK(falling_exponential(-std::numeric_limits<float>::infinity()) == 0.0f);
  CHECK(std::isnan(falling_exponential(std::nanf(""))));
  CHECK(falling_exponential(-87.0f) > std::numeric_limits<float>::min());
  double worst = 0;
  for (std::uint32_t i = 0; i <= 4'000'000; ++i)
    worst = std::max(worst, share_of_bound(-87.0f * static_cast<float>(i) / 4e6f));
  for (float x = -1e-9f; x > -87.0f; x *= 1.00001f) worst = std::max(worst, share_of_bound(x));
  INFO("share of the bound: " << worst);
  CHECK(worst < 1.0);
}

TEST_CASE("the exponential of the paired softmax", "[kv]") {
  using tl::kv::short_exponential;
  CHECK(short_exponential(0.0f) == 1.0f);
  CHECK(short_exponential(-34.5f) == 0.0f);
  CHECK(short_exponential(-34.0f) > tl::paired_terms::smallest);
  CHECK(std::isnan(short_exponential(std::nanf(""))));
  double worst = 0;
  for (float x = 0.0f; x > -34.0f; x -= 1e-5f)
    worst = std::max(
        worst,
        std::abs(static_cast<double>(short_exponential(x)) / std::exp(static_cast<double>(x)) - 1));
  CHECK(worst < 1.5e-4);
}

TEST_CASE("the exponential never grows where x falls, but for one unit", "[kv]") {
  float before = 1.0f;
  int grown = 0;
  for (float x = 0.0f; x > -1.0f; x -= 1e-6f) {
    const float now = falling_exponential(x);
    grown += !(now <= std::nextafter(before, 2.0f));
    before = now;
  }
  CHECK(grown == 0);
}

TEST_CASE("a cache takes exactly its values", "[kv]") {
  // 2 sequences, 2 layers, 2 heads of 10; keys in tiles of 16 positions
  CHECK(tl::kv_cache(sizes, 2, 150).bytes() == 2 * 2 * 2 * 10 * (160 + 150) * 4);
  CHECK(tl::kv_cache(sizes, 2, 150, tl::kv::f16{}).bytes() == 2 * 2 * 2 * 10 * (160 + 150) * 2);
  // bf16 keeps positions in pairs, too
  CHECK(tl::kv_cache(sizes, 2, 149, tl::kv::bf16{}).bytes() == 2 * 2 * 2 * 10 * (160 + 150) * 2);
  CHECK(tl::kv_cache(sizes, 1, 16, sixteenths{}).bytes() == 2 * 2 * 10 * (16 + 16));
  CHECK(tl::kv_cache(sizes, 1, 16).format().name == "f32");
  CHECK(tl::kv_cache().bytes() == 0);
  // BitNet b1.58 2B4T: 640 tokens in f16 are 46.875 MiB
  const tl::shape large{.dim = 2560,
                        .ffn_dim = 6912,
                        .layers = 30,
                        .heads = 20,
                        .kv_heads = 5,
                        .head_dim = 128,
                        .vocab = 128256,
                        .context = 4096};
  CHECK(tl::kv_cache(large, 1, 640, tl::kv::f16{}).bytes() == 49'152'000);
  CHECK(tl::kv_cache(large, 1, 640, tl::kv::bf16{}).bytes() == 49'152'000);
}

TEST_CASE("a cache of codes takes a scale and the codes of each position of a head", "[kv]") {
  // heads of 10 fill one unit of 16: 2 + 2 bits bytes a row; keys come in tiles of 16 positions;
  // the first position of int3 lies apart, in 8 bits
  const std::size_t heads = 2 * 2 * 2;  // sequences, layers, heads
  CHECK(tl::kv_cache(sizes, 2, 150, tl::kv::int8{}).bytes() == heads * (160 + 150) * (2 + 16));
  CHECK(tl::kv_cache(sizes, 2, 150, tl::kv::int4{}).bytes() == heads * (160 + 150) * (2 + 8));
  CHECK(tl::kv_cache(sizes, 2, 150, tl::kv::int3{}).bytes() ==
        heads * ((160 + 150) * (2 + 6) + 2 * (2 + 16)));
  CHECK(tl::kv_cache(sizes, 2, 1, tl::kv::int3{}).bytes() == heads * ((16 + 1) * 8 + 2 * 18));
  CHECK(tl::kv_cache(sizes, 2, 0, tl::kv::int3{}).bytes() == 0);
  // heads of 128 in 3 bits: 50 bytes instead of 256
  CHECK(tl::kv::int3::key_bytes(112, 128) - tl::kv::int3::key_bytes(96, 128) == 16 * 50);
  CHECK(tl::kv::int3::value_bytes(101, 128) - tl::kv::int3::value_bytes(100, 128) == 50);
}

TEMPLATE_TEST_CASE("codes of keys and values are within half a step, and 2^bits many", "[kv]",
                   tl::kv::int8, tl::kv::int4, tl::kv::int3, (tl::kv::coded<2, 2>),
                   (tl::kv::coded<3, 4>)) {
  constexpr std::size_t n = 50, positions = 40;
  std::vector<unsigned char> keys(TestType::key_bytes(positions, n), 0xAA);
  std::vector<unsigned char> values(TestType::value_bytes(positions, n), 0xAA);
  for (const std::size_t j : {3u, 0u, 17u, 39u, 1u}) {  // in any order
    std::vector<float> k(n), v(n);
    for (std::size_t i = 0; i < n; ++i) {
      k[i] = 4 * tl::uniform(1, j, i) - 2;
      v[i] = std::ldexp(k[i], 9);
    }
    TestType::put({keys.data(), values.data(), n, j, k.data(), v.data()});
    const std::size_t bits = j == 0 ? TestType::first_bits : TestType::bits;
    const float half = tl::absmax(k.data(), n) / static_cast<float>(std::size_t{1} << bits);
    std::vector<float> levels;
    for (std::size_t i = 0; i < n; ++i) {
      const float found = TestType::key(keys.data(), n, j / 16, j % 16, i);
      CHECK(std::fabs(found - k[i]) <= 1.13f * half);  // the scale is rounded, too
      CHECK(TestType::value(values.data(), n, j, i) == std::ldexp(found, 9));
      if (std::find(levels.begin(), levels.end(), found) == levels.end()) levels.push_back(found);
    }
    CHECK(levels.size() <= std::size_t{1} << bits);
    CHECK(levels.size() > std::min(n, std::size_t{1} << bits) / 2);
  }
}

TEST_CASE("codes keep what is not finite out of the cache, and zeros", "[kv]") {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  using row = tl::kv::coded_row<3>;
  unsigned char bytes[row::bytes(3)];
  const auto stored = [&](std::vector<float> x) {
    row::put(x.data(), x.size(), bytes);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = row::get(bytes, i);
    return x;
  };
  CHECK(stored({1, nan, -3}) == std::vector<float>{0, 0, 0});
  CHECK(stored({0, 0, 0}) == std::vector<float>{0, 0, 0});
  CHECK(stored({1e-30f, 0, 0}) == std::vector<float>{0, 0, 0});
  const float most = 65504.0f * 7;
  CHECK(stored({infinity, -infinity, 1e30f}) == std::vector<float>{most, -most, most});
  CHECK(stored({8, -8, 3}) == std::vector<float>{7, -7, 3});
}

TEST_CASE("a cache that is larger than memory does not fit", "[kv]") {
  CHECK(tl::kv_cache::fits(sizes, 2, 150, tl::kv::f16{}));
  CHECK_FALSE(tl::kv_cache::fits(sizes, std::size_t{1} << 60, 150, tl::kv::f16{}));
  CHECK_FALSE(tl::kv_cache::fits(sizes, std::size_t{1} << 45, 150));
}

TEST_CASE("attention needs little room beside the pass itself", "[kv]") {
  CHECK(tl::attention_scratch(128, 512) * sizeof(float) < 140 << 10);
  CHECK(tl::attention_scratch(128, 16384) * sizeof(float) < 140 << 10);
  CHECK(tl::attention_scratch(256, 512) * sizeof(float) < 256 << 10);
  CHECK(tl::attention_scratch(8, 100000) >= 100000 + 16);  // all scores of a query
}

TEST_CASE("a session's logits in few bits depend on nothing but the tokens", "[kv][session]") {
  const auto m = small_model<model<>>();
  const auto plain = small_model<model<tl::backends::portable>>();
  const auto exact = logits_of(m, {});
  CHECK(logits_of(plain, {}) == exact);
  for (const tl::kv_format& kv : narrow_formats) {
    const auto half = logits_of(m, {.kv = kv});
    CHECK(half != exact);
    double apart = 0, whole = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      apart += std::pow(static_cast<double>(half[i] - exact[i]), 2);
      whole += std::pow(static_cast<double>(exact[i]), 2);
    }
    CHECK(apart < (kv.name == "f16"    ? 1e-3
                   : kv.name == "int4" ? 0.2
                   : kv.name == "int3" ? 0.5
                                       : 1e-2) *
                      whole);
    for (const std::size_t threads : {1u, 2u, 3u})
      for (const std::size_t piece : {140u, 64u, 37u, 1u}) {
        INFO(kv.name << ": " << threads << " threads, pieces of " << piece);
        CHECK(logits_of(m, {.threads = threads, .kv = kv}, piece) == half);
        CHECK(logits_of(m, {.threads = threads, .kv = tl::kv::f32{}}, piece) == exact);
      }
    CHECK(logits_of(plain, {.kv = kv}) == half);
  }
}

TEST_CASE("sequences that step together get the bits they get alone", "[kv][session]") {
  const auto m = small_model<model<>>();
  const tokens all = some_tokens(140);
  for (const tl::kv_format& kv : narrow_formats) {
    const auto alone = logits_of(m, {.kv = kv});
    auto s = tl::session<model<>>::open(m, {.sequences = 5, .threads = 2, .kv = kv}).value();
    for (std::size_t i = 0; i < 5; ++i) REQUIRE(s.append(i, std::span(all).first(13 * i + 11)));
    for (std::size_t step = 0; step < 70; ++step) {
      std::vector<tl::next_token> next;
      for (std::size_t i = 0; i < 5; ++i) next.push_back({i, all[s.length(i)]});
      REQUIRE(s.step(next));
      for (std::size_t i = 0; i < 5; ++i) {
        const std::span wanted(alone.data() + (s.length(i) - 1) * 30, 30);
        REQUIRE(std::equal(wanted.begin(), wanted.end(), s.logits(i).begin()));
      }
    }
  }
}

TEST_CASE("a user's own format runs with its plain loops", "[kv][session]") {
  const auto m = small_model<model<>>();
  const auto exact = logits_of(m, {}), own = logits_of(m, {.kv = sixteenths{}});
  CHECK(own != exact);
  CHECK(logits_of(m, {.threads = 2, .kv = sixteenths{}}, 9) == own);
}
