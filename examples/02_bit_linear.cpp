// A linear layer of ternary weights in any C++ program: quantise, multiply, swap a policy.

#include <trilith/trilith.hpp>

#include <cstdio>
#include <vector>

namespace tl = trilith;

using ternary = tl::scheme<tl::weights::ternary<>,    // {-1, 0, +1}, one scale for the matrix
                           tl::activations::int8<>,   // one scale per token
                           tl::backends::automatic>;  // the best kernel this CPU has

constexpr std::size_t in = 300, out = 4, tokens = 2;

// Some weights and activations that look like noise and are the same everywhere.
std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = tl::uniform(seed, 0, i) - 0.5f;
  return values;
}

template <class Layer>
std::vector<float> run(Layer layer, const std::vector<float>& x) {
  std::vector<float> y(tokens * out);
  layer.forward({x.data(), tokens, in}, {y.data(), tokens, out});
  return y;
}

void print(const char* what, const std::vector<float>& y) {
  std::printf("%-28s", what);
  for (std::size_t o = 0; o < out; ++o) std::printf(" %9.5f", static_cast<double>(y[o]));
  std::printf("\n");
}

int main() {
  const auto w = noise(out * in, 1), x = noise(tokens * in, 2);

  std::vector<float> exact(tokens * out);
  for (std::size_t o = 0; o < out; ++o) exact[o] = tl::dot(&w[o * in], x.data(), in);
  print("float32", exact);

  const tl::bit_linear<ternary> layer(w.data(), out, in);
  const auto y = run(layer, x);
  print("ternary, 2 bits a weight", y);

  // Another packing of the same codes: smaller, and the same bits in the result.
  const tl::bit_linear<ternary, tl::packing::base3> smaller(w.data(), out, in);
  print("ternary, 1.6 bits a weight", run(smaller, x));
  std::printf("bytes: %zu and %zu, equal results: %s\n", layer.weights().bytes(),
              smaller.weights().bytes(), run(smaller, x) == y ? "yes" : "no");

  // One alias changes one thing.
  using grouped = ternary::with_weights<
      tl::weights::ternary<tl::rules::least_squares<>, tl::scale::per_group<32>>>;
  print("a scale for every 32", run(tl::bit_linear<grouped>(w.data(), out, in), x));
  using binary = ternary::with_weights<tl::weights::binary<>>;
  print("binary, 1 bit a weight", run(tl::bit_linear<binary>(w.data(), out, in), x));

  // The plain loops of the reference backend give the same bits as the vector kernels.
  using slow = ternary::with_backend<tl::backends::reference>;
  std::printf("reference backend equal: %s\n",
              run(tl::bit_linear<slow>(w.data(), out, in), x) == y ? "yes" : "no");
}
