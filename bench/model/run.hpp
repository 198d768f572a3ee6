#ifndef TRILITH_BENCH_MODEL_RUN_HPP
#define TRILITH_BENCH_MODEL_RUN_HPP

#include "blueprints.hpp"
#include "child.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// What a session is to do while it is timed.
struct job {
  trilith::shape sizes;
  trilith::settings settings;
  std::string packing = "base3", head = "int8", kv = "bf16", gate = "relu2";
  std::string activations = "int8";
  bool is_prompt = false;    ///< one pass of `tokens`; otherwise `tokens` steps
  std::size_t tokens = 128;  ///< timed, per sequence
  std::size_t room = 640;    ///< tokens of cache besides the context
  std::size_t batch = 1, context = 0, threads = 1;
};

struct measurement {
  double tokens_per_s = 0, peak_mib = 0;
  double joules_per_token = -1;          ///< -1: not measured
  double seconds = 0;                    ///< that `part_seconds` are of
  std::array<double, 5> part_seconds{};  ///< by bench::part
};

template <class T>
T value_or_leave(trilith::result<T>&& r) {
  if (r) return std::move(*r);
  std::fprintf(stderr, "error: %s\n", r.error().message.c_str());
  std::_Exit(1);
}
inline void check_or_leave(const trilith::status& s) {
  if (s) return;
  std::fprintf(stderr, "error: %s\n", s.error().message.c_str());
  std::_Exit(1);
}

[[nodiscard]] inline std::vector<std::int32_t> random_tokens(const job& j, std::size_t n) {
  random_numbers random(5);
  std::vector<std::int32_t> out(n);
  for (auto& t : out) t = static_cast<std::int32_t>(random.below(j.sizes.vocab));
  return out;
}

/// Brings every sequence to `length` tokens with made up keys and values.
template <class Session>
void fill_to(std::size_t length, Session& s, const job& j) {
  clock_of_thread().filling = true;
  for (std::size_t i = 0; i < j.batch; ++i)
    if (s.length(i) < length) check_or_leave(s.append(i, random_tokens(j, length - s.length(i))));
  clock_of_thread().filling = false;
}

/// The seconds of passes: `counted` of one thread is processor time, so that other work on the
/// machine does not count; `wall` is what passed by.
struct pass_times {
  std::vector<double> counted;
  double wall = 0;
};
template <class Pass>
void time_pass(pass_times& out, std::size_t threads, const Pass& pass) {
  const double start = now(), own = processor_seconds();
  check_or_leave(pass());
  const double taken = now() - start;
  out.counted.push_back(threads == 1 ? processor_seconds() - own : taken);
  out.wall += taken;
}

/// `tokens` tokens after the context, twice; the first 64 of them warm up.
template <class Session>
pass_times time_prompt(Session& s, const job& j) {
  const auto tokens = random_tokens(j, j.tokens);
  pass_times out;
  check_or_leave(s.append(0, {tokens.data(), std::min<std::size_t>(64, tokens.size())}));
  clock_of_thread() = {};
  for (int i = 0; i < 2; ++i) {
    s.rewind(0, j.context);
    time_pass(out, j.threads, [&] { return s.append(0, tokens); });
  }
  return out;
}

/// Steps of all sequences; four warm up.
template <class Session>
pass_times time_steps(Session& s, const job& j) {
  constexpr std::size_t warm_up = 4;
  const auto tokens = random_tokens(j, j.tokens + warm_up);
  std::vector<trilith::next_token> next(j.batch);
  pass_times out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    for (std::size_t b = 0; b < j.batch; ++b) next[b] = {b, tokens[i]};
    if (i == warm_up) clock_of_thread() = {}, out = {};
    time_pass(out, j.threads, [&] { return s.step({next.data(), next.size()}); });
  }
  return out;
}

/// Joules a token since `before`; -1 where they cannot be read.
[[nodiscard]] inline double joules_per_token(const std::optional<double>& before, const job& j) {
  const auto after = joules();
  const std::size_t tokens = j.is_prompt ? 2 * j.tokens + 64 : (j.tokens + 4) * j.batch;
  return before && after ? (*after - *before) / static_cast<double>(tokens) : -1;
}

[[nodiscard]] inline trilith::kv_format kv_of(const std::string& name) {
  namespace kv = trilith::kv;
  const std::map<std::string, trilith::kv_format> all{{"f32", kv::f32{}},   {"f16", kv::f16{}},
                                                      {"bf16", kv::bf16{}}, {"int8", kv::int8{}},
                                                      {"int4", kv::int4{}}, {"int3", kv::int3{}}};
  return all.at(name);
}

template <class Model>
[[nodiscard]] measurement measure(const Model& model, const job& j) {
  trilith::session_options options{
      .sequences = j.batch, .context = j.context + j.room, .threads = j.threads};
  options.kv = kv_of(j.kv);
  auto s = value_or_leave(trilith::session<Model>::open(model, options));
  fill_to(j.context, s, j);
  const auto before = joules();
  pass_times times = j.is_prompt ? time_prompt(s, j) : time_steps(s, j);
  measurement out;
  out.joules_per_token = joules_per_token(before, j);
  out.seconds = times.wall;
  out.part_seconds = clock_of_thread().seconds;
  auto& passes = times.counted;
  std::sort(passes.begin(), passes.end());
  const double pass = j.is_prompt ? passes.front() : passes[passes.size() / 2];
  out.tokens_per_s = static_cast<double>(j.is_prompt ? j.tokens : j.batch) / pass;
  fill_to(s.context(), s, j);  // the peak is that of full sequences
  out.peak_mib = peak_mib();
  return out;
}

template <class Blueprint, class Packing>
[[nodiscard]] measurement measure_as(const job& j) {
  const auto model = random_model<Blueprint, Packing>(j.sizes, j.settings);
  return measure(*model, j);
}
template <class Blueprint>
[[nodiscard]] measurement measure_packing(const job& j) {
  return j.packing == "bits2" ? measure_as<Blueprint, trilith::packing::bits2>(j)
                              : measure_as<Blueprint, trilith::packing::base3>(j);
}
template <class Gate>
[[nodiscard]] measurement measure_head(const job& j) {
  return j.head == "bf16" ? measure_packing<measured_decoder<Gate, bf16_head>>(j)
                          : measure_packing<measured_decoder<Gate, int8_head>>(j);
}
using measured_a4_8 = measured_decoder<trilith::relu_squared, int8_head, a4_8_attention, a4_8_ffn>;

/// Does the job in a process of its own.
[[nodiscard]] inline std::optional<measurement> do_job(const job& j) {
  return in_child([&] {
    if (j.activations == "a4_8") return measure_packing<measured_a4_8>(j);
    return j.gate == "silu" ? measure_head<trilith::silu>(j)
                            : measure_head<trilith::relu_squared>(j);
  });
}

/// MiB of keys and values.
[[nodiscard]] inline double cache_mib(const job& j) {
  const std::size_t positions = j.context + j.room, n = j.sizes.head_dim;
  const trilith::kv_format kv = kv_of(j.kv);
  return static_cast<double>(j.batch * j.sizes.layers * j.sizes.kv_heads *
                             (kv.key_bytes(positions, n) + kv.value_bytes(positions, n))) /
         (1 << 20);
}

}  // namespace bench

#endif
