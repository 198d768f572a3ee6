#ifndef TRILITH_LAYERS_ATTEND_HPP
#define TRILITH_LAYERS_ATTEND_HPP

#include <trilith/backends/backend.hpp>
#include <trilith/backends/simd/attention_kernels.hpp>
#include <trilith/layers/workspace.hpp>

/// The attention of a whole pass, cut into jobs that threads share.
namespace trilith::inline TRILITH_ABI {

/// The kernels for a format where backend B uses them and there are some, else its plain loops.
template <class B>
[[nodiscard]] kv_functions functions_for(const kv_format& f) noexcept {
  if constexpr (backends::uses_kernels<B>)
    if (f.kernel != kv_kernel::none)
      return simd::attention().of[static_cast<std::size_t>(f.kernel)];
  return f.plain;
}

/// One pass: (kv head, run of tokens, query head) in rows, with all query heads that share keys and
/// values one after another, and all runs of a kv head before the next head.
class attention_pass {
 public:
  attention_pass(span2d<const float> q, span2d<float> out, const kv_functions& with,
                 forward_context& c) noexcept
      : q_(q), out_(out), with_(with), c_(c), sharing_(c.work.sizes.heads / c.work.sizes.kv_heads) {
    cut();
  }

  /// Most passes have enough runs and heads to give every thread several. Else, for one token at a
  /// time, every thread takes an equal share of the rows: at most one group of heads is divided at
  /// a border, and its keys are read twice.
  void run() noexcept {
    const executor& threads = c_.work.run;
    const std::size_t groups = runs_ * c_.work.sizes.kv_heads, rows = groups * sharing_;
    const std::size_t parts = groups >= 4 * threads.threads
                                  ? groups
                                  : min_of(max_of<std::size_t>(threads.threads, 1), rows);
    const std::size_t grain = ceil_div(parts * worth_a_thread, max_of<std::size_t>(products_, 1));
    threads.parallel_for(parts, grain,
                         [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                           attend_rows(rows * first / parts, rows * last / parts, slot);
                         });
  }

 private:
  /// Multiplications that are worth waking a thread for.
  static constexpr std::size_t worth_a_thread = std::size_t{1} << 17;

  /// Consecutive tokens of a sequence into runs of about equal length.
  void cut() noexcept {
    const std::size_t most = max_of<std::size_t>(attention_rows / sharing_, 1);
    const std::size_t row_products = c_.work.sizes.head_dim * c_.work.sizes.heads;
    for (std::size_t first = 0, end = 0; first < c_.slots.size(); first = end) {
      while (end == first || (end < c_.slots.size() && follows(end))) ++end;
      const std::size_t tokens = end - first, pieces = ceil_div(tokens, most);
      for (std::size_t i = 0; i < pieces; ++i) {
        const std::size_t from = tokens * i / pieces;
        runs()[runs_++] = {first + from, tokens * (i + 1) / pieces - from};
      }
      products_ += tokens * (c_.slots[end - 1].position + std::size_t{1}) * row_products;
    }
  }
  [[nodiscard]] bool follows(std::size_t t) const noexcept {
    const token_slot &before = c_.slots[t - 1], &now = c_.slots[t];
    return now.sequence == before.sequence && now.position == before.position + 1;
  }
  [[nodiscard]] token_run* runs() const noexcept { return c_.work.token_runs.data(); }

  /// The runs from both ends in turn: late tokens see more, and so neighbours cost alike.
  [[nodiscard]] const token_run& run_at(std::size_t i) const noexcept {
    return runs()[i % 2 == 0 ? i / 2 : runs_ - 1 - i / 2];
  }

  void attend_rows(std::size_t first, std::size_t last, std::size_t slot) const noexcept {
    for (std::size_t row = first, count = 0; row < last; row += count) {
      const std::size_t group = row / sharing_, head = row % sharing_;
      count = min_of(min_of(sharing_ - head, last - row), attention_rows);
      attend_heads(group / runs_, run_at(group % runs_), head, count, slot);
    }
  }

  void attend_heads(std::size_t kv_head, const token_run& r, std::size_t head, std::size_t count,
                    std::size_t slot) const noexcept {
    const std::size_t n = c_.work.sizes.head_dim, column = (kv_head * sharing_ + head) * n;
    const token_slot& first = c_.slots[r.first];
    const span2d<float> scratch = c_.work.attention.rows(slot + 1);
    attention_job job;
    job.keys = c_.cache.keys(first.sequence, c_.layer, kv_head);
    job.values = c_.cache.values(first.sequence, c_.layer, kv_head);
    job.head_dim = n;
    job.first = first.position;
    job.tokens = r.tokens;
    job.heads = count;
    job.q = &q_(r.first, column);
    job.q_stride = q_.stride;
    job.out = &out_(r.first, column);
    job.out_stride = out_.stride;
    job.scratch = &scratch(slot, 0);
    job.scratch_size = scratch.cols;
    with_.attend(job);
  }

  span2d<const float> q_;
  span2d<float> out_;
  kv_functions with_;
  forward_context& c_;
  std::size_t sharing_, runs_ = 0, products_ = 0;
};

/// out = attention of all tokens of a pass, for queries q: [T, H * head_dim] whose keys and values
/// are in the cache. `out` may be q.
inline void attend(span2d<const float> q, span2d<float> out, const kv_functions& with,
                   forward_context& c) noexcept {
  attention_pass(q, out, with, c).run();
}

}  // namespace trilith::inline TRILITH_ABI

#endif
