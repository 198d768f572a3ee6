#ifndef TRILITH_BENCH_MODEL_JOBS_HPP
#define TRILITH_BENCH_MODEL_JOBS_HPP

#include "../measure/command_line.hpp"
#include "run.hpp"

namespace bench {

/// What tools/bench model was asked for.
struct model_options {
  explicit model_options(command_line& line)
      : quick(line.flag("--quick")),
        json(line.value("--json")),
        operations(line.value("--operations")),
        shape(line.choice("--shape", {quick ? "2b" : "all", "2b", "700m", "all"})),
        threads(line.numbers("--threads", usual_threads())),
        batches(line.numbers("--batch", quick ? list{1, 8} : list{1, 2, 4, 8})),
        contexts(line.numbers("--context", quick ? list{0} : list{0, 1024, 4096}, 0)) {
    base.packing = line.choice("--packing", {"base3", "bits2"});
    base.head = line.choice("--head", {"int8", "bf16"});
    base.kv = line.choice("--kv", {"bf16", "f16", "f32", "int8", "int4", "int3"});
    base.activations = line.choice("--activations", {"int8", "a4_8"});
    prompt = line.numbers("--prompt", {quick ? 128u : 512u}).front();
    generate = line.numbers("--generate", {quick ? 16u : 128u}).front();
    line.done();
  }
  using list = std::vector<std::size_t>;
  bool quick;
  std::string json, operations, shape;
  list threads, batches, contexts;
  job base;
  std::size_t prompt, generate;
};

/// A job and the model it is of.
struct named_job {
  std::string shape;
  job what;
  /// A guess at its seconds, for the time left.
  [[nodiscard]] double cost() const {
    const auto tokens = static_cast<double>(what.tokens);
    const double passes =
        what.is_prompt ? 0.3 * tokens : tokens * (1 + 0.2 * static_cast<double>(what.batch));
    return (shape == "2b" ? 3 : 1) * (20 + passes / static_cast<double>(what.threads)) +
           1e-3 * static_cast<double>(what.context * what.batch);
  }
};

/// Every phase, batch, context and thread count of one model.
[[nodiscard]] inline std::vector<named_job> jobs_of(const model_options& o,
                                                    const std::string& shape) {
  job base = o.base;
  base.sizes =
      shape == "2b" ? trilith::presets::bitnet_2b4t_shape : trilith::presets::b1_58_700m_shape;
  base.settings = shape == "2b" ? trilith::presets::bitnet_2b4t_settings : trilith::settings{};
  base.gate = shape == "2b" ? "relu2" : "silu";
  base.sizes.context = std::size_t{1} << 16;  // the longest that may be asked for
  base.room = o.prompt + o.generate + 4;
  std::vector<named_job> out;
  for (const std::size_t threads : o.threads)
    for (const std::size_t context : o.contexts) {
      job j = base;
      j.threads = threads, j.context = context, j.is_prompt = true, j.tokens = o.prompt;
      out.push_back({shape, j});
      j.is_prompt = false, j.tokens = o.generate;
      for (const std::size_t batch : o.batches) {
        j.batch = batch;
        out.push_back({shape, j});
      }
    }
  return out;
}

[[nodiscard]] inline std::string text(const named_job& j) {
  return j.shape + (j.what.is_prompt ? " prompt" : " generation") + ", batch " +
         std::to_string(j.what.batch) + ", context " + std::to_string(j.what.context) + ", " +
         std::to_string(j.what.threads) + " threads";
}

}  // namespace bench

#endif
