// Times training steps of a 1-bit transformer: what bench/training.py holds against PyTorch. Prints
// one line of JSON like bench/training_torch.py, which has the same model, options and definitions.

#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace tl = trilith;

namespace {

struct options {
  tl::shape sizes{.dim = 320,
                  .ffn_dim = 864,
                  .layers = 8,
                  .heads = 5,
                  .kv_heads = 5,
                  .head_dim = 64,
                  .vocab = 4096,
                  .context = 0};
  std::size_t batch = 16, micro_batch = 4, length = 256, threads = 1, steps = 6;
  double seconds = 60;
  std::string weights = "ternary", precision = "automatic", optimiser = "adamw";
  bool recompute = false;
};

template <class Weights, class Activations>
using scheme = tl::scheme<Weights, Activations, tl::backends::automatic>;
template <class S>
using blueprint =
    tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<S, tl::sub_norm<>>,
                                      tl::gated_ffn<S, tl::relu_squared, tl::sub_norm<>>>,
                tl::tied_head<tl::weights::f32>>;

double peak_mib() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == "VmHWM:") {
      double kib = 0;
      file >> kib;
      return kib / 1024;
    }
  return 0;
}

tl::token_batch random_batch(const options& o, std::size_t rows, std::uint64_t seed) {
  tl::token_batch batch;
  batch.resize(rows, o.length);
  std::vector<std::int32_t> tokens(o.length + 1);
  for (std::size_t b = 0; b < rows; ++b) {
    for (std::size_t t = 0; t <= o.length; ++t)
      tokens[t] = static_cast<std::int32_t>(tl::philox(seed, b, t)[0] % o.sizes.vocab);
    batch.set(b, std::span(tokens).first(o.length), std::span(tokens).last(o.length));
  }
  return batch;
}

/// 6 P + 6 T D L: operations of a token, counted as training_torch.py does.
double operations_of_token(const options& o) {
  const tl::shape& s = o.sizes;
  const std::size_t q = s.heads * s.head_dim, kv = s.kv_heads * s.head_dim;
  const std::size_t block = s.dim * (2 * q + 2 * kv + 3 * s.ffn_dim);
  return 6.0 * static_cast<double>(s.layers * block + s.vocab * s.dim) +
         6.0 * static_cast<double>(o.length * q * s.layers);
}

tl::gradient_numbers numbers_of(const options& o) {
  using enum tl::gradient_numbers;
  if (o.precision == "f32") return f32;
  if (o.precision == "bf16") return bf16;
  if (o.precision == "bf16_tiles") return bf16_tiles;
  return o.precision == "int8x2" ? int8x2 : automatic;
}

template <class Blueprint, class Optimiser>
void measure(const options& o, const Optimiser& optimiser) {
  using clock = std::chrono::steady_clock;
  tl::latent<Blueprint> model(o.sizes);
  tl::fill_random(model, 1);
  const tl::thread_pool threads(o.threads);
  tl::training_pass learner(model,
                            {.sequences = o.micro_batch,
                             .length = o.length,
                             .recompute = o.recompute,
                             .gradients = numbers_of(o)},
                            threads.get());
  tl::parameters<Optimiser> parameters(optimiser, learner, o.threads);
  const auto since = [](clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  std::vector<double> seconds;
  double loss = 0;
  const auto begin = clock::now();
  for (std::size_t step = 0; step < o.steps; ++step) {
    if (!seconds.empty() && since(begin) > o.seconds) break;
    const auto start = clock::now();
    learner.zero_gradients();
    tl::loss_sums sums;
    for (std::size_t first = 0; first < o.batch; first += o.micro_batch)
      sums += learner.add_gradients(random_batch(o, o.micro_batch, step * o.batch + first),
                                    1.0f / static_cast<float>(o.batch * o.length));
    learner.finish_gradients();
    tl::clip_global_norm(parameters.gradients(), 1.0, threads.get());
    parameters.update({.step = step}, threads.get());
    learner.requantize();
    loss = sums.mean();
    if (step > 0) seconds.push_back(since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  const double speed = static_cast<double>(o.batch * o.length) / seconds[seconds.size() / 2];
  std::printf(
      "{\"engine\": \"trilith\", \"precision\": \"%s\", \"weights\": \"%s\", \"optimiser\": "
      "\"%s\", "
      "\"threads\": %zu, \"tokens_per_s\": %.1f, \"gflops\": %.1f, \"peak_mib\": %.1f, "
      "\"loss\": %.4f, \"target\": \"%s\"}\n",
      o.precision.c_str(), o.weights.c_str(), o.optimiser.c_str(), o.threads, speed,
      speed * operations_of_token(o) / 1e9, peak_mib(), loss, tl::simd::kernels().target);
}

template <class Blueprint>
void measure_with(const options& o) {
  if (o.optimiser == "muon")
    measure<Blueprint>(o, tl::muon{});
  else
    measure<Blueprint>(o, tl::adamw{});
}

bool parse(int argc, char** argv, options& o, int& exit_code) {
  CLI::App app{"Times training steps."};
  app.add_option("--dim", o.sizes.dim)->capture_default_str();
  app.add_option("--ffn", o.sizes.ffn_dim)->capture_default_str();
  app.add_option("--layers", o.sizes.layers)->capture_default_str();
  app.add_option("--heads", o.sizes.heads)->capture_default_str();
  app.add_option("--kv-heads", o.sizes.kv_heads)->capture_default_str();
  app.add_option("--vocab", o.sizes.vocab)->capture_default_str();
  app.add_option("--batch", o.batch, "sequences of a step")->capture_default_str();
  app.add_option("--micro-batch", o.micro_batch, "sequences at once")->capture_default_str();
  app.add_option("--length", o.length, "tokens of a sequence")->capture_default_str();
  app.add_option("--threads", o.threads)->capture_default_str();
  app.add_option("--steps", o.steps, "the first warms up")->capture_default_str();
  app.add_option("--seconds", o.seconds, "after which no step begins, once one was measured")
      ->capture_default_str();
  app.add_option("--weights", o.weights)->check(CLI::IsMember({"ternary", "float"}));
  app.add_option("--precision", o.precision, "of gradients' products")
      ->check(CLI::IsMember({"automatic", "f32", "int8x2", "bf16", "bf16_tiles"}));
  app.add_option("--optimiser", o.optimiser)->check(CLI::IsMember({"adamw", "muon"}));
  app.add_flag("--recompute", o.recompute, "keep one block's activations instead of all");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    exit_code = app.exit(stop);
    return false;
  }
  o.sizes.head_dim = o.sizes.dim / o.sizes.heads;
  o.sizes.context = o.length;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  int exit_code = 0;
  if (!parse(argc, argv, o, exit_code)) return exit_code;
  if (o.weights == "float")
    measure_with<blueprint<scheme<tl::weights::f32, tl::activations::f32>>>(o);
  else
    measure_with<blueprint<scheme<tl::weights::ternary<>, tl::activations::int8<>>>>(o);
}
