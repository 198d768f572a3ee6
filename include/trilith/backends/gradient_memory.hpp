#ifndef TRILITH_BACKENDS_GRADIENT_MEMORY_HPP
#define TRILITH_BACKENDS_GRADIENT_MEMORY_HPP

#include <trilith/backends/activation_buffer.hpp>
#include <trilith/backends/float_product.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {
/// Gradients [lanes, depth] in int8 halves (simd/gradient_kernels.hpp). Owns nothing.
struct split_view {
  const std::int8_t* panel = nullptr;  ///< of every 16 lanes
  std::size_t lanes = 0, depth = 0;
  const float* scales = nullptr;
  const std::int32_t* sums = nullptr;

  [[nodiscard]] std::size_t panel_width() const noexcept {
    return 2 * round_up(depth, simd::panel_values);
  }
};
}  // namespace detail

/// Working memory of the products of a backward pass, made once and used for all of them.
class gradient_memory {
 public:
  gradient_memory() = default;
  /// For up to `tokens` tokens of up to `width` inputs or outputs.
  gradient_memory(std::size_t tokens, std::size_t width, std::size_t threads = 1)
      : threads_(threads),
        panel_(2 * round_up(tokens, 64) * round_up(width, 64), not_zeroed{}),
        turned_(width * token_stride(tokens), not_zeroed{}),
        scales_(round_up(max_of(tokens, width), 16)),
        sums_(2 * scales_.size()),
        floats_(float_product_memory(threads), not_zeroed{}) {}

  /// What multiply_floats() takes, for `threads` threads.
  [[nodiscard]] std::span<float> floats() noexcept { return floats_.span(); }
  [[nodiscard]] std::size_t threads() const noexcept { return threads_; }
  /// A thread's part of it.
  [[nodiscard]] float* floats_of(std::size_t slot) noexcept {
    return floats_.data() + slot * simd::float_tile_limits::memory;
  }

  /// Bytes from one input to the next in transpose().
  [[nodiscard]] static constexpr std::size_t token_stride(std::size_t tokens) noexcept {
    return round_up(tokens, 64);
  }

  /// All lanes of g, of which there may be more than 16. Valid until the next call.
  [[nodiscard]] detail::split_view split(const simd::split_source& g, executor run) noexcept {
    const detail::split_view out{panel_.data(), g.count, g.depth, scales_.data(), sums_.data()};
    TRILITH_PRECONDITION(round_up(g.count, 16) * out.panel_width() <= panel_.size() &&
                             round_up(g.count, 16) <= scales_.size(),
                         "a gradient_memory was made for fewer tokens or narrower layers.");
    run.threads = min_of(run.threads, threads_);
    run.parallel_for(ceil_div(g.count, simd::panel_tokens), 1 + 4096 / (1 + g.depth),
                     [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                       for (std::size_t i = first; i < last; ++i) {
                         const std::size_t lane = i * simd::panel_tokens;
                         simd::gradients().split(
                             {g.data + lane * g.lane, g.lane, g.step,
                              min_of(simd::panel_tokens, g.count - lane), g.depth, g.factors},
                             {panel_.data() + lane * out.panel_width(), scales_.data() + lane,
                              sums_.data() + 2 * lane},
                             floats_of(slot));
                       }
                     });
    return out;
  }

  /// x turned over, [In, T] with rows token_stride(T) bytes apart. Valid until the next call.
  [[nodiscard]] const std::int8_t* transpose(const activation_view<std::int8_t>& x,
                                             const executor& run) noexcept {
    const std::size_t stride = token_stride(x.tokens);
    TRILITH_PRECONDITION(x.cols * stride <= turned_.size(),
                         "a gradient_memory was made for fewer tokens or narrower layers.");
    run.parallel_for(ceil_div(x.tokens, 64), 1 + 256 / (1 + x.cols),
                     [&](std::size_t first, std::size_t last) noexcept {
                       const std::size_t t = 64 * first, end = min_of(64 * last, x.tokens);
                       for (std::size_t i = t; i < end; i += 64)
                         simd::gradients().transpose_bytes(x.data + i * x.stride, x.stride,
                                                           min_of<std::size_t>(64, end - i), x.cols,
                                                           turned_.data() + i, stride);
                     });
    return turned_.data();
  }

 private:
  std::size_t threads_ = 1;
  aligned_buffer<std::int8_t> panel_, turned_;
  aligned_buffer<float> scales_;
  aligned_buffer<std::int32_t> sums_;
  aligned_buffer<float> floats_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
