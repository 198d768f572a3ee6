#ifndef TRILITH_KV_JOBS_HPP
#define TRILITH_KV_JOBS_HPP

#include <cstddef>
#include <cstdint>

namespace trilith {

/// One position's key and value of one head, on their way into the cache.
struct kv_entry {
  void* keys = nullptr;    ///< those of the head, from position 0
  void* values = nullptr;  ///< likewise
  std::size_t head_dim = 0;
  std::size_t position = 0;
  const float* key = nullptr;    ///< [head_dim]
  const float* value = nullptr;  ///< [head_dim]
};

/// Attention of some tokens, at consecutive positions of one sequence, for some query heads that
/// share one head of keys and values:
///
///     out[t, h] = sum_j softmax_j(q[t, h] . k_j / sqrt(head_dim)) v_j,   j in [0, first + t]
struct attention_job {
  const void* keys = nullptr;    ///< of the shared head, from position 0
  const void* values = nullptr;  ///< likewise
  std::size_t head_dim = 0;
  std::size_t first = 0;     ///< position of token 0
  std::size_t tokens = 0;    ///< at least 1; tokens * heads at most attention_rows
  std::size_t heads = 0;     ///< at least 1
  const float* q = nullptr;  ///< query of token t and head h at q + t * q_stride + h * head_dim
  std::size_t q_stride = 0;
  float* out = nullptr;  ///< likewise; may be q itself
  std::size_t out_stride = 0;
  float* scratch = nullptr;  ///< attention_scratch() floats on a 64-byte boundary
  std::size_t scratch_size = 0;
};

/// mix(job, query, positions it sees, where its output goes) for each token and head of a job.
inline void for_each_query(const attention_job& a,
                           void (*mix)(const attention_job& a, const float* q,
                                       std::size_t positions, float* out) noexcept) noexcept {
  for (std::size_t t = 0; t < a.tokens; ++t)
    for (std::size_t h = 0; h < a.heads; ++h)
      mix(a, a.q + t * a.q_stride + h * a.head_dim, a.first + t + 1,
          a.out + t * a.out_stride + h * a.head_dim);
}

/// Most (token, head) pairs of one job: whole tiles of queries.
inline constexpr std::size_t attention_rows = 128;
/// Positions that are scored together where the softmax runs along.
inline constexpr std::size_t attention_block = 64;
/// Keys of this many positions lie side by side: value i of all of them, then value i + 1. So the
/// scores of 16 positions are computed in 16 lanes, each in plain ascending order of i.
inline constexpr std::size_t key_tile = 16;

/// Floats that a job over up to `context` positions needs beside its inputs: a block of keys or of
/// values, the scores of a block, the sums; or all scores of one query.
[[nodiscard]] constexpr std::size_t attention_scratch(std::size_t head_dim,
                                                      std::size_t context) noexcept {
  const auto rounded = [](std::size_t n) { return (n + key_tile - 1) / key_tile * key_tile; };
  const std::size_t blocked = (attention_block + attention_rows) * rounded(head_dim) + key_tile +
                              attention_rows * (attention_block + key_tile + 2);
  const std::size_t scores = rounded(context) + rounded(head_dim);
  return blocked < scores ? scores : blocked;
}

/// How a format stores and attends: its own plain loops, or the kernels of an instruction set.
struct kv_functions {
  void (*store)(const kv_entry&) noexcept = nullptr;
  void (*attend)(const attention_job&) noexcept = nullptr;
};

/// The formats that have vector kernels.
enum class kv_kernel : std::uint8_t { f32, f16, bf16, int8, int4, int3, none };
inline constexpr std::size_t kv_kernels = 6;

}  // namespace trilith

#endif
