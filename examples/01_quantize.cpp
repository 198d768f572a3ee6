// What quantising to one bit and a half means, proven by the compiler: every static_assert below is
// a sentence that would stop the build if it were not true.

#include <trilith/trilith.hpp>

#include <cstdio>

namespace tl = trilith;

// BitNet b1.58: the scale is the mean magnitude; what is smaller than half of it becomes 0.
using ternary = tl::weights::ternary<>;
static_assert(tl::quantize<ternary>({0.9f, -0.1f, -2.f}) == tl::trits{1, 0, -1});
static_assert(tl::scale_of<ternary>({0.9f, -0.1f, -2.f}) == 1.0f);

// Ties go to the even code, so a weight at exactly half the scale is 0, not 1.
static_assert(tl::quantize<ternary>({0.5f, 1.f, 1.5f}) == tl::trits{0, 1, 1});

// BitNet b1: the sign of what is left after the mean is taken away. The mean itself becomes -1.
using binary = tl::weights::binary<>;
static_assert(tl::quantize<binary>({0.9f, -0.1f, -2.f}) == tl::trits{1, 1, -1});
static_assert(tl::quantize<binary>({3.f, 3.f, 3.f}) == tl::trits{-1, -1, -1});

// The rule is a policy. The median is not moved by an outlier, the mean is.
using robust = tl::weights::ternary<tl::rules::absmedian>;
static_assert(tl::quantize<ternary>({1.f, -1.f, 100.f}) == tl::trits{0, 0, 1});
static_assert(tl::quantize<robust>({1.f, -1.f, 100.f}) == tl::trits{1, -1, 1});

// Least squares keeps the codes and chooses the scale that fits them best: the mean magnitude of
// the weights that did not become 0.
using fitted = tl::weights::ternary<tl::rules::least_squares<>>;
static_assert(tl::quantize<fitted>({1.f, -1.f, 0.f, 0.f}) == tl::trits{1, -1, 0, 0});
static_assert(tl::scale_of<fitted>({1.f, -1.f, 0.f, 0.f}) == 1.0f);
static_assert(tl::scale_of<ternary>({1.f, -1.f, 0.f, 0.f}) == 0.5f);

// Activations: the largest of a token becomes 127, the others follow; 63.5 rounds to the even 64.
constexpr bool activations_are_rounded() {
  const float x[4] = {0.5f, -1.0f, 0.25f, 0.0f};
  std::int8_t q[4] = {};
  const float scale = tl::activations::int8<>::quantize(x, q, 4);
  return q[0] == 64 && q[1] == -127 && q[2] == 32 && q[3] == 0 && scale == 1.0f / 127.0f;
}
static_assert(activations_are_rounded());

// Five codes fit into a byte, because 3^5 = 243 <= 256. That is 1.6 bits a weight.
static_assert(tl::packing::base3::join({2, 1, 1, 1, 1}) == 0x65);
static_assert(tl::packing::base3::raw(0x65, 0) == 2 && tl::packing::base3::raw(0x65, 4) == 1);

// And a product of packed codes with int8 activations is an exact integer.
constexpr bool product_is_exact() {
  const std::int8_t codes[6] = {1, 0, -1, 1, 1, -1};
  const std::int8_t x[6] = {127, -128, 5, -7, 11, 100};
  std::uint8_t row[2] = {};
  tl::packing::pack_row<tl::packing::base3>(codes, 6, row);
  return tl::backends::reference::dot<tl::packing::base3>(row, 6, x) == 127 - 5 - 7 + 11 - 100;
}
static_assert(product_is_exact());

int main() {
  const float weights[8] = {0.03f, -0.41f, 0.27f, 0.00f, -0.12f, 0.55f, -0.31f, 0.09f};
  const auto codes = tl::quantize<ternary>(weights);
  const float scale = tl::scale_of<ternary>(weights);
  std::printf("weight   code   value\n");
  for (std::size_t i = 0; i < 8; ++i)
    std::printf("%6.2f   %4d   %5.2f\n", static_cast<double>(weights[i]), int{codes.values[i]},
                static_cast<double>(tl::weights::decode<ternary>(codes.values[i], scale)));
}
