// A weight scheme of one's own: five levels {-2, -1, 0, 1, 2}. It is the struct below and nothing
// else; packing, running, describing and comparing it need no other line.

#include <trilith/trilith.hpp>

#include <cstdio>
#include <vector>

namespace tl = trilith;

// [scheme]
/// w ~ scale * code with code in {-2, ..., 2}: the mean magnitude is worth 1.
struct quinary {
  using policy_kind = tl::weights_kind;
  using granularity = tl::scale::per_row;
  using packing = tl::packing::bits4;
  static constexpr std::string_view name = "quinary";
  static constexpr int min_code = -2, max_code = 2, code_step = 1;

  static constexpr tl::weights::calibration calibrate(const float* w, std::size_t n) noexcept {
    return {.scale = tl::max_of(tl::weights::mean_absolute(w, n), tl::weights::smallest_scale)};
  }
  static constexpr std::int8_t encode(float w, const tl::weights::calibration& c,
                                      std::uint64_t) noexcept {
    const float code = tl::round_even(w / c.scale);
    return static_cast<std::int8_t>(tl::clamp_to(code, -2.0f, 2.0f));
  }
};
// [scheme]
static_assert(tl::weights::CodedWeights<quinary>);
static_assert(tl::quantize<quinary>({0.4f, -1.f, 3.f, 0.f}) == tl::trits{0, -1, 2, 0});

using scheme = tl::scheme<quinary, tl::activations::int8<>, tl::backends::automatic>;
using block = tl::transformer_block<tl::rms_norm<>, tl::attention<scheme>,
                                    tl::gated_ffn<scheme, tl::relu_squared>>;
using blueprint = tl::decoder<block, tl::tied_head<tl::weights::bf16>>;

// A layer's error against float32: sum |y - y~|^2 / sum |y|^2.
template <class Scheme>
double error_of(const std::vector<float>& w, const std::vector<float>& x, std::size_t out) {
  const std::size_t in = x.size();
  tl::bit_linear<Scheme> layer(w.data(), out, in);
  std::vector<float> y(out);
  layer.forward({x.data(), 1, in}, {y.data(), 1, out});
  double wrong = 0, all = 0;
  for (std::size_t o = 0; o < out; ++o) {
    const auto exact = static_cast<double>(tl::dot(&w[o * in], x.data(), in));
    wrong += (static_cast<double>(y[o]) - exact) * (static_cast<double>(y[o]) - exact);
    all += exact * exact;
  }
  return wrong / all;
}

// Twelve uniform numbers make a nearly Gaussian one.
std::vector<float> gaussian(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count, -6.0f);
  for (std::size_t i = 0; i < count; ++i)
    for (std::uint64_t k = 0; k < 12; ++k) values[i] += tl::uniform(seed, k, i);
  return values;
}

int main() {
  const auto w = gaussian(65536, 1), x = gaussian(1024, 2);
  std::printf("relative error of a product with Gaussian weights\n");
  std::printf("  binary   %.3f\n", error_of<scheme::with_weights<tl::weights::binary<>>>(w, x, 64));
  std::printf("  ternary  %.3f\n",
              error_of<scheme::with_weights<tl::weights::ternary<>>>(w, x, 64));
  std::printf("  quinary  %.3f\n\n", error_of<scheme>(w, x, 64));

  // A whole model of it, random weights and all, packs and runs.
  tl::dense<blueprint> floats(tl::shape{.dim = 64,
                                        .ffn_dim = 172,
                                        .layers = 2,
                                        .heads = 4,
                                        .kv_heads = 2,
                                        .head_dim = 16,
                                        .vocab = 100,
                                        .context = 32});
  tl::fill_random(floats, 7);
  const auto model = tl::pack(floats);
  std::printf("%s\n", tl::describe(model).c_str());

  auto session = tl::session<std::remove_cv_t<decltype(model)>>::open(model).value();
  const std::vector<std::int32_t> prompt{1, 2, 3};
  (void)session.append(0, prompt).value();
  std::size_t best = 0;
  for (std::size_t t = 0; t < 100; ++t)
    if (session.logits(0)[t] > session.logits(0)[best]) best = t;
  std::printf("most likely next token of 1, 2, 3: %zu\n", best);
}
