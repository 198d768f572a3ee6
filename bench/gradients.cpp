// The products of a layer's backward pass: as floats, in bfloat16, and with gradients in int8
// halves.
//
//     tools/bench gradients [options of Google Benchmark]
//
// GFLOPS counts 2 T In Out operations, whatever is computed with. Names: product/way/T/In/Out/
// threads.
#include <trilith/activations/int8.hpp>
#include <trilith/backends/bf16_product.hpp>
#include <trilith/backends/gradient_products.hpp>
#include <trilith/core/random.hpp>
#include <trilith/core/thread_pool.hpp>
#include <trilith/packing/bits.hpp>
#include <trilith/weights/quantize.hpp>
#include <trilith/weights/ternary.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace tl = trilith;

struct shape {
  std::size_t tokens, in, out;
};

tl::aligned_buffer<float> values(std::uint64_t seed, std::size_t n) {
  tl::aligned_buffer<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = static_cast<float>(tl::philox(seed, 0, i)[0]) * 0x1p-31f - 1.0f;
  return x;
}

/// A layer between its forward and its backward pass.
struct layer {
  layer(const shape& size, std::size_t threads)
      : s(size),
        pool(threads),
        w(values(1, s.out * s.in)),
        x(values(2, s.tokens * s.in)),
        dy(values(3, s.tokens * s.out)),
        dx(s.tokens * s.in),
        dw(s.out * s.in),
        codes(s.out, s.in, threads),
        activations(s.tokens, s.in, 1, threads),
        memory(s.tokens, std::max(s.in, s.out), threads) {
    codes.assign(tl::pack_matrix<tl::weights::ternary<>, tl::packing::bits2>(w.data(), s.out, s.in),
                 pool.get());
    q = activations.quantize<tl::activations::int8<>>(input(), s.in, pool.get());
  }
  tl::span2d<const float> input() const { return {x.data(), s.tokens, s.in}; }
  tl::span2d<const float> weights() const { return {w.data(), s.out, s.in}; }
  tl::span2d<const float> gradient() const { return {dy.data(), s.tokens, s.out}; }
  tl::span2d<float> input_out() { return {dx.data(), s.tokens, s.in}; }
  tl::span2d<float> weight_out() { return {dw.data(), s.out, s.in}; }

  shape s;
  tl::thread_pool pool;
  tl::aligned_buffer<float> w, x, dy, dx, dw;
  tl::transposed_codes codes;
  tl::activation_buffer activations;
  tl::gradient_memory memory;
  tl::activation_view<std::int8_t> q;
};

using product = std::function<void(layer&)>;

const std::pair<const char*, product> products[] = {
    {"dX/float",
     [](layer& l) {
       tl::multiply_floats(l.gradient(), l.weights(), l.input_out(), false, l.memory.floats(),
                           l.pool.get());
     }},
    {"dX/bf16",
     [](layer& l) {
       tl::multiply_bf16(l.gradient(), l.weights(), l.input_out(), false, l.memory.floats(),
                         l.pool.get());
     }},
    {"dX/tiles",
     [](layer& l) {
       tl::multiply_bf16_tiles(l.gradient(), l.weights(), l.input_out(), false, l.memory.floats(),
                               l.pool.get());
     }},
    {"dX/int8x2",
     [](layer& l) {
       tl::input_gradient(l.codes, l.gradient(), l.input_out(), false, l.memory, l.pool.get());
     }},
    {"dW/float",
     [](layer& l) {
       tl::multiply_floats(tl::float_matrix(l.gradient()).transposed(), l.input(), l.weight_out(),
                           true, l.memory.floats(), l.pool.get());
     }},
    {"dW/bf16",
     [](layer& l) {
       tl::multiply_bf16(tl::float_matrix(l.gradient()).transposed(), l.input(), l.weight_out(),
                         true, l.memory.floats(), l.pool.get());
     }},
    {"dW/tiles",
     [](layer& l) {
       tl::multiply_bf16_tiles(tl::float_matrix(l.gradient()).transposed(), l.input(),
                               l.weight_out(), true, l.memory.floats(), l.pool.get());
     }},
    {"dW/int8x2",
     [](layer& l) {
       tl::weight_gradient(l.gradient(), l.q, l.weight_out(), true, l.memory, l.pool.get());
     }},
};

void run_case(benchmark::State& state, const product& multiply, const shape& s,
              std::size_t threads) {
  layer l(s, threads);
  multiply(l);
  for (auto _ : state) multiply(l);
  state.counters["GFLOPS"] = benchmark::Counter(2e-9 * static_cast<double>(s.tokens * s.in * s.out),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void register_cases() {
  const std::size_t all = std::max(1u, std::thread::hardware_concurrency());
  for (const shape& s :
       {shape{1024, 320, 320}, {1024, 320, 864}, {1024, 864, 320}, {1024, 2560, 2560}})
    for (const auto& [name, multiply] : products)
      for (std::size_t threads = 1; threads <= all; threads = threads == all ? all + 1 : all) {
        const std::string full = std::string(name) + "/" + std::to_string(s.tokens) + "/" +
                                 std::to_string(s.in) + "/" + std::to_string(s.out) + "/" +
                                 std::to_string(threads);
        benchmark::RegisterBenchmark(
            full.c_str(),
            [&, s, threads](benchmark::State& state) { run_case(state, multiply, s, threads); })
            ->UseRealTime()
            ->Unit(benchmark::kMicrosecond);
      }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  register_cases();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
