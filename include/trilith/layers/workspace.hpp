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
      : width_(width), stride_(round_up(width, 16)), values_(tokens * stride_) {}
  [[nodiscard]] span2d<float> rows(std::size_t tokens) noexcept {
    return {values_.data(), tokens, width_, stride_};
  }

 private:
  std::size_t width_ = 0, stride_ = 0;
  aligned_buffer<float> values_;
};

/// Everything a forward pass writes besides its result, for up to `tokens` tokens at once. Made
/// once: the passes themselves allocate nothing.
struct workspace {
  workspace() = default;
  /// @param context      most positions a token may attend to
  /// @param most_groups  most groups of scales in a row of any matrix
  workspace(const shape& s, const trilith::settings& numbers, std::size_t tokens,
            std::size_t context, std::size_t most_groups, const executor& who)
      : sizes(s),
        settings(numbers),
        most_tokens(tokens),
        run(who),
        angles(tokens, s.head_dim, numbers.rope_theta),
        residual(tokens, s.dim),
        normed(tokens, widest(s)),
        query(tokens, extent(s, axis::query_dim)),
        key(tokens, extent(s, axis::kv_dim)),
        value(tokens, extent(s, axis::kv_dim)),
        mixed(tokens, extent(s, axis::query_dim)),
        gate(tokens, s.ffn_dim),
        up(tokens, s.ffn_dim),
        projected(tokens, s.dim),
        scores(who.threads, context),
        quantized(tokens, widest(s), most_groups) {}

  shape sizes;
  trilith::settings settings;
  std::size_t most_tokens = 0;
  executor run;
  rotary_angles angles;
  row_buffer residual, normed, query, key, value, mixed, gate, up, projected;
  row_buffer scores;  ///< [threads, context]
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
