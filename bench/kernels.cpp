// One token times one matrix, weights cold: every target and format, beside the machine's own read
// bandwidth, measured in the same run.
//
//     tools/bench kernels [--json FILE] [--benchmark_filter=bits2]

#include <trilith/trilith.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace tl = trilith;

namespace {

constexpr std::size_t cold_bytes = std::size_t{256} << 20;  // more than any cache

/// Sums 64-bit words: what reading costs when nothing else is done.
void read_bandwidth(benchmark::State& state) {
  const std::vector<std::uint64_t> words(cold_bytes / 8, 1);
  for (auto _ : state) {
    std::uint64_t sum[8] = {};
    for (std::size_t i = 0; i < words.size(); i += 8)
      for (std::size_t k = 0; k < 8; ++k) sum[k] += words[i + k];
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(cold_bytes));
}

/// Enough random matrices to fall out of every cache, multiplied in turn.
template <class P>
class rotating_weights {
 public:
  using weights = tl::weights::ternary<>;
  rotating_weights(std::size_t out, std::size_t in) {
    std::vector<float> floats(out * in);
    for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = tl::uniform(1, 0, i) - 0.5f;
    const auto first = tl::pack_matrix<weights, P>(floats.data(), out, in);
    matrices_.assign(cold_bytes / first.bytes() + 1, first);
  }
  const tl::packed_matrix<weights, P>& next() { return matrices_[turn_++ % matrices_.size()]; }

 private:
  std::vector<tl::packed_matrix<weights, P>> matrices_;
  std::size_t turn_ = 0;
};

template <class P>
void gemv(benchmark::State& state, const char* target, std::size_t out, std::size_t in,
          std::size_t tokens) {
  if (!tl::simd::choose_kernels(target)) return state.SkipWithError("this CPU lacks the target");
  rotating_weights<P> weights(out, in);
  std::vector<float> x(tokens * in), y(tokens * out);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = tl::uniform(2, 0, i) - 0.5f;
  tl::activation_buffer buffer(tokens, in, 1);
  const auto q = buffer.quantize<tl::activations::int8<>>({x.data(), tokens, in}, in, {});
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto& w = weights.next();
    tl::multiply<tl::backends::simd>(w, q, {y.data(), tokens, out}, {});
    benchmark::DoNotOptimize(y.data());
    bytes += w.bytes();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["GOPS"] = benchmark::Counter(2e-9 * static_cast<double>(out * in * tokens),
                                              benchmark::Counter::kIsIterationInvariantRate);
}

template <class P>
void register_format(const char* target) {
  for (const std::size_t out : {std::size_t{2560}, std::size_t{6912}})
    for (const std::size_t tokens : {std::size_t{1}, std::size_t{64}}) {
      const std::string name =
          tl::join(tokens == 1 ? "decode/" : "prefill64/", P::name, "/", target, "/", out, "x2560");
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        gemv<P>(state, target, out, 2560, tokens);
      });
    }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("read_bandwidth", read_bandwidth);
  for (std::size_t i = 0; tl::simd::kernels_at(i) != nullptr; ++i) {
    const char* target = tl::simd::kernels_at(i)->target;
    if (std::string_view(target) == "SCALAR") continue;  // minutes, and nothing to learn
    register_format<tl::packing::bits2>(target);
    register_format<tl::packing::base3>(target);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
