// Table lookup beside plain loops and every vector target: one matrix, weights in the caches, one
// thread, batches of 1, 2, 4, 8 and 64 tokens. docs/lut.md has the figures.
//
//     tools/bench lut [--json FILE] [--benchmark_filter=base3]

#include <trilith/backends/lut.hpp>
#include <trilith/trilith.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tl = trilith;

namespace {

constexpr std::size_t out = 2560, in = 2560;

template <class W, class P, class B>
void product(benchmark::State& state, const char* target, std::size_t tokens) {
  if (target != nullptr && !tl::simd::choose_kernels(target))
    return state.SkipWithError("this CPU lacks the target");
  std::vector<float> floats(out * in), x(tokens * in), y(tokens * out);
  for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = tl::uniform(1, 0, i) - 0.5f;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = tl::uniform(2, 0, i) - 0.5f;
  const auto w = tl::pack_matrix<W, P>(floats.data(), out, in);
  tl::activation_buffer buffer(tokens, in, 1);
  const auto q = buffer.quantize<tl::activations::int8<>, B>({x.data(), tokens, in}, in, {});
  for (auto _ : state) {
    tl::multiply<B>(w, q, {y.data(), tokens, out}, {});
    benchmark::DoNotOptimize(y.data());
  }
  state.counters["GMAC/s"] = benchmark::Counter(1e-9 * static_cast<double>(out * in * tokens),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

template <class W, class P, class B>
void add(const char* target, std::size_t tokens) {
  const std::string name =
      tl::join(P::name, "/", target != nullptr ? target : B::name, "/", tokens);
  benchmark::RegisterBenchmark(
      name.c_str(), [=](benchmark::State& state) { product<W, P, B>(state, target, tokens); })
      ->MinTime(0.05)
      ->Repetitions(7)
      ->ReportAggregatesOnly()
      ->ComputeStatistics("most", [](const std::vector<double>& all) {
        return *std::max_element(all.begin(), all.end());  // the rate of the best repetition
      });
}

template <class W, class P>
void add_all() {
  for (const std::size_t tokens : {1u, 2u, 4u, 8u, 64u}) {
    add<W, P, tl::backends::portable>(nullptr, tokens);
    add<W, P, tl::backends::lut>(nullptr, tokens);
    for (std::size_t i = 0; tl::simd::kernels_at(i) != nullptr; ++i)
      if (const char* target = tl::simd::kernels_at(i)->target;
          std::string_view(target) != "SCALAR")
        add<W, P, tl::backends::simd>(target, tokens);
  }
}

}  // namespace

int main(int argc, char** argv) {
  add_all<tl::weights::binary<>, tl::packing::bits1>();
  add_all<tl::weights::ternary<>, tl::packing::bits2>();
  add_all<tl::weights::ternary<>, tl::packing::base3>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
