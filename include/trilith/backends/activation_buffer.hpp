#ifndef TRILITH_BACKENDS_ACTIVATION_BUFFER_HPP
#define TRILITH_BACKENDS_ACTIVATION_BUFFER_HPP

#include <trilith/activations/activations.hpp>
#include <trilith/backends/simd.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/executor.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/span2d.hpp>

namespace trilith::inline TRILITH_ABI {

/// The activations of some tokens, in the numbers a product takes. Owns nothing.
template <class X>
struct activation_view {
  const X* data = nullptr;  ///< [tokens, cols]
  std::size_t tokens = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;
  std::size_t group = 0;  ///< the activations that one of `sums` covers
  const float* scales = nullptr;
  const std::int32_t* sums = nullptr;
  const std::int8_t* panel =
      nullptr;  ///< once more for many tokens (simd/kernel_table.hpp), or null
};

namespace detail {
/// Tokens of `cols` values that a thread should take at least of what lies between the products.
[[nodiscard]] constexpr std::size_t token_grain(std::size_t cols) noexcept {
  return clamp_to<std::size_t>((std::size_t{1} << 14) / max_of<std::size_t>(1, cols), 1, 8);
}
}  // namespace detail

/// Room for the quantised activations of up to `tokens` rows of up to `cols` values in up to
/// `most_groups` groups, made once and used for every product of a forward pass.
class activation_buffer {
 public:
  activation_buffer() = default;
  /// @param threads  how many may make rows at once in quantize_rows()
  activation_buffer(std::size_t tokens, std::size_t cols, std::size_t most_groups,
                    std::size_t threads = 1)
      : threads_(threads),
        width_(round_up(cols, 64)),
        bytes_(tokens * width_ * sizeof(float) + 16 * width_, not_zeroed{}),
        scales_(tokens),
        sums_(tokens * most_groups),
        scratch_(threads * width_) {}

  /// x_t ~ scale_t * q_t for every row t of x, with the sums over each `group` of q_t that the
  /// integer kernels need. The view is valid until the next call.
  ///
  /// @tparam B  the backend that is to multiply them: for many tokens it may want a panel, without
  ///            which its results are the same and its products slower
  /// @tparam F  the format of the weights, where it is known: some have no use for a panel
  template <activations::Activations A, class B = void, class F = void>
  [[nodiscard]] activation_view<typename A::element> quantize(span2d<const float> x,
                                                              std::size_t group,
                                                              const executor& run) noexcept {
    return fill<A, B, F>(x.rows, x.cols, group, run,
                         [&x](std::size_t t, typename A::element* q, float*) noexcept {
                           return A::quantize(x.data + t * x.stride, q, x.cols);
                         });
  }

  /// The same for rows that are made while they are quantised, by backend B.
  ///
  /// row(t, q, scratch) writes token t's q: [cols] and returns its scale; `scratch` is room for
  /// [cols] floats, of the calling thread alone.
  template <activations::Activations A, class B, class F = void, class Row>
  [[nodiscard]] activation_view<typename A::element> quantize_rows(std::size_t tokens,
                                                                   std::size_t cols,
                                                                   std::size_t group, executor run,
                                                                   const Row& row) noexcept {
    run.threads = min_of(run.threads, threads_);
    return fill<A, B, F>(tokens, cols, group, run, row);
  }

 private:
  template <class A, class B, class F, class Row>
  activation_view<typename A::element> fill(std::size_t tokens, std::size_t cols, std::size_t group,
                                            const executor& run, const Row& row) noexcept {
    using X = typename A::element;
    const std::size_t stride = round_up(cols, 64), groups = ceil_div(cols, group);
    X* const data = reinterpret_cast<X*>(bytes_.data());
    TRILITH_PRECONDITION(
        tokens * stride * sizeof(X) <= bytes_.size() && tokens * groups <= sums_.size(),
        "an activation_buffer was made for fewer tokens or narrower rows.");
    run.parallel_for(tokens, detail::token_grain(cols),
                     [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                       for (std::size_t t = first; t < last; ++t) {
                         X* const q = data + t * stride;
                         scales_[t] = row(t, q, scratch_.data() + slot * width_);
                         if constexpr (activations::is_integer<A>)
                           sum_groups<B>(q, cols, group, sums_.data() + t * groups);
                       }
                     });
    activation_view<X> view{data, tokens, cols, stride, group, scales_.data(), sums_.data()};
    if constexpr (backends::uses_kernels<B> && activations::is_integer<A>)
      if (wants_panel<F>()) view.panel = arrange(view, run);
    return view;
  }

  template <class F>
  static bool wants_panel() noexcept {
    if constexpr (std::is_void_v<F>)
      return true;
    else
      return backends::detail::reads_panels<F>(simd::kernels());
  }

  /// The panel lies after the rows, which need a quarter of the room that floats would; narrow
  /// groups, which a panel widens, may not find enough.
  const std::int8_t* arrange(const activation_view<std::int8_t>& v, const executor& run) noexcept {
    const auto& kernels = simd::kernels();
    const std::size_t width = simd::panel_width(v.cols, v.group);
    const std::size_t begin = round_up(v.tokens * v.stride, 64);
    if (kernels.arrange == nullptr || v.tokens < kernels.batch_from ||
        begin + round_up(v.tokens, simd::panel_tokens) * width > bytes_.size())
      return nullptr;
    auto* const panel = reinterpret_cast<std::int8_t*>(bytes_.data() + begin);
    run.parallel_for(ceil_div(v.tokens, simd::panel_tokens), 1,
                     [&](std::size_t first, std::size_t last) noexcept {
                       for (std::size_t i = first; i < last; ++i) {
                         const std::size_t t = i * simd::panel_tokens;
                         kernels.arrange(v.data + t * v.stride, v.stride,
                                         min_of(simd::panel_tokens, v.tokens - t), v.cols, v.group,
                                         panel + t * width);
                       }
                     });
    return panel;
  }

  template <class B>
  static void sum_groups(const std::int8_t* q, std::size_t cols, std::size_t group,
                         std::int32_t* sums) noexcept {
    if constexpr (backends::uses_kernels<B>) {
      simd::rows().sum_groups(q, cols, group, sums);
    } else {
      for (std::size_t first = 0; first < cols; first += group) {
        const std::size_t last = min_of(first + group, cols);
        std::int32_t sum = 0;
        for (std::size_t i = first; i < last; ++i) sum += q[i];
        *sums++ = sum;
      }
    }
  }

  std::size_t threads_ = 1, width_ = 0;
  aligned_buffer<unsigned char> bytes_;
  aligned_buffer<float> scales_;
  aligned_buffer<std::int32_t> sums_;
  aligned_buffer<float> scratch_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
