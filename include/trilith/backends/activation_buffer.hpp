#ifndef TRILITH_BACKENDS_ACTIVATION_BUFFER_HPP
#define TRILITH_BACKENDS_ACTIVATION_BUFFER_HPP

#include <trilith/activations/activations.hpp>
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
};

/// Room for the quantised activations of up to `tokens` rows of up to `cols` values in up to
/// `most_groups` groups, made once and
/// used for every product of a forward pass.
class activation_buffer {
 public:
  activation_buffer() = default;
  activation_buffer(std::size_t tokens, std::size_t cols, std::size_t most_groups)
      : bytes_(tokens * round_up(cols, 64) * sizeof(float)),
        scales_(tokens),
        sums_(tokens * most_groups) {}

  /// x_t ~ scale_t * q_t for every row t of x, with the sums over each `group` of q_t that the
  /// integer kernels need. The view is valid until the next call.
  template <activations::Activations A>
  [[nodiscard]] activation_view<typename A::element> quantize(span2d<const float> x,
                                                              std::size_t group,
                                                              const executor& run) noexcept {
    using X = typename A::element;
    const std::size_t stride = round_up(x.cols, 64);
    X* const data = reinterpret_cast<X*>(bytes_.data());
    TRILITH_PRECONDITION(x.rows * stride * sizeof(X) <= bytes_.size() &&
                             x.rows * ceil_div(x.cols, group) <= sums_.size(),
                         "an activation_buffer was made for fewer tokens or narrower rows.");
    run.parallel_for(x.rows, 4, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t) {
        scales_[t] = A::quantize(x.data + t * x.stride, data + t * stride, x.cols);
        if constexpr (activations::is_integer<A>)
          sum_groups(data + t * stride, x.cols, group, sums_.data() + t * ceil_div(x.cols, group));
      }
    });
    return {data, x.rows, x.cols, stride, group, scales_.data(), sums_.data()};
  }

 private:
  static void sum_groups(const std::int8_t* q, std::size_t cols, std::size_t group,
                         std::int32_t* sums) noexcept {
    for (std::size_t first = 0; first < cols; first += group) {
      const std::size_t last = min_of(first + group, cols);
      std::int32_t sum = 0;
      for (std::size_t i = first; i < last; ++i) sum += q[i];
      *sums++ = sum;
    }
  }

  aligned_buffer<unsigned char> bytes_;
  aligned_buffer<float> scales_;
  aligned_buffer<std::int32_t> sums_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
