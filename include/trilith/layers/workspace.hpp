#ifndef TRILITH_LAYERS_WORKSPACE_HPP
#define TRILITH_LAYERS_WORKSPACE_HPP

#include <trilith/backends/multiply.hpp>
#include <trilith/layers/kv_cache.hpp>
#include <trilith/layers/rotary.hpp>

namespace trilith::inline TRILITH_ABI {

/// One token of a forward pass: which, of which sequence, at which position in it. The tokens of
/// one pass may belong to one sequence (a prompt) or to many (batched generation); each is computed
/// as if it were alone, to the last bit.
struct token_slot {
  std::int32_t token = 0;
  std::uint32_t sequence = 0;
  std::uint32_t position = 0;
};

/// A [tokens, width] float matrix made once and used with as many rows as a pass has tokens.
class row_buffer {
 public:
  row_buffer() = default;
  row_buffer(std::size_t tokens, std::size_t width)
      : width_(width), stride_(round_up(width, 16)), values_(tokens * stride_, not_zeroed{}) {}
  /// Part of the memory that `owner` keeps: from `at` on, which it moves behind itself.
  row_buffer(std::size_t tokens, std::size_t width, const shared_owner& owner, float*& at)
      : width_(width), stride_(round_up(width, 16)) {
    values_ = aligned_buffer<float>::view_of(at, tokens * stride_, owner);
    at += tokens * stride_;
  }
  [[nodiscard]] span2d<float> rows(std::size_t tokens) noexcept {
    return {values_.data(), tokens, width_, stride_};
  }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

 private:
  std::size_t width_ = 0, stride_ = 0;
  aligned_buffer<float> values_;
};

/// The rows between the products of attention, and those between the products of a feed-forward
/// network, in the same memory: a token's values are never in both.
struct inner_rows {
  inner_rows() = default;
  inner_rows(const shape& s, std::size_t tokens) {
    const std::size_t query_dim = extent(s, axis::query_dim), kv_dim = extent(s, axis::kv_dim);
    const std::size_t room = max_of(tokens * (round_up(query_dim, 16) + 2 * round_up(kv_dim, 16)),
                                    tokens * 2 * round_up(s.ffn_dim, 16));
    aligned_buffer<float>* kept = nullptr;
    const auto owner = shared_owner::of(aligned_buffer<float>(room, not_zeroed{}), &kept);
    float* at = kept->data();
    gate = row_buffer(tokens, s.ffn_dim, owner, at);
    up = row_buffer(tokens, s.ffn_dim, owner, at);
    at = kept->data();
    query = row_buffer(tokens, query_dim, owner, at);
    key = row_buffer(tokens, kv_dim, owner, at);
    value = row_buffer(tokens, kv_dim, owner, at);
    at = kept->data();
    mixed = row_buffer(tokens, query_dim, owner, at);
  }

  row_buffer query, key, value;
  row_buffer mixed;  ///< where the queries were
  row_buffer gate, up;
};

/// Some tokens of a pass at consecutive positions of one sequence.
struct token_run {
  std::size_t first = 0;  ///< slot
  std::size_t tokens = 0;
};

/// Everything a forward pass writes besides its result, for up to `tokens` tokens at once. Made
/// once: the passes themselves allocate nothing. Memory that no layer uses is never touched.
struct workspace : inner_rows {
  workspace() = default;
  /// @param context      most positions a token may attend to
  /// @param most_groups  most groups of scales in a row of any matrix
  workspace(const shape& s, const trilith::settings& numbers, std::size_t tokens,
            std::size_t context, std::size_t most_groups, const executor& who)
      : inner_rows(s, tokens),
        sizes(s),
        settings(numbers),
        most_tokens(tokens),
        run(who),
        angles(tokens, s.head_dim, numbers.rope_theta),
        residual(tokens, s.dim),
        normed(tokens, s.dim),
        projected(tokens, s.dim),
        attention(who.threads, attention_scratch(s.head_dim, context)),
        token_runs(tokens),
        open_rows(s.ffn_dim),
        quantized(tokens, widest(s), most_groups, who.threads) {}

  shape sizes;
  trilith::settings settings;
  std::size_t most_tokens = 0;
  executor run;
  rotary_angles angles;
  row_buffer residual, normed, projected;
  row_buffer attention;  ///< [threads, attention_scratch()]
  aligned_buffer<token_run> token_runs;
  aligned_buffer<std::uint32_t> open_rows;  ///< [F] of a feed-forward network's open gates
  activation_buffer quantized;

 private:
  [[nodiscard]] static std::size_t widest(const shape& s) noexcept {
    return max_of(max_of(s.dim, s.ffn_dim), extent(s, axis::query_dim));
  }
};

/// What a layer may look at while it computes.
struct forward_context {
  workspace& work;
  kv_cache& cache;
  std::span<const token_slot> slots;
  std::size_t layer = 0;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
