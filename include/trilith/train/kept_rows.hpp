#ifndef TRILITH_TRAIN_KEPT_ROWS_HPP
#define TRILITH_TRAIN_KEPT_ROWS_HPP

#include <trilith/backends/activation_buffer.hpp>
#include <trilith/layers/workspace.hpp>

namespace trilith::inline TRILITH_ABI {

/// The input x~ = scale_t * q_t of a product, [T, In], kept from the forward pass for the gradient
/// of its weights.
template <class X>
class kept_rows {
 public:
  kept_rows() = default;
  kept_rows(std::size_t tokens, std::size_t width)
      : stride_(round_up(width, 64)),
        codes_(tokens * stride_ + aligned_buffer<X>::slack_bytes, not_zeroed{}),
        scales_(tokens) {}

  void keep(const activation_view<X>& x, const executor& run) noexcept {
    TRILITH_PRECONDITION(x.stride == stride_ && x.tokens <= scales_.size(),
                         "kept_rows was made for other rows.");
    cols_ = x.cols;
    run.parallel_for(x.tokens, 16, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t) {
        __builtin_memcpy(codes_.data() + t * stride_, x.data + t * x.stride, x.cols * sizeof(X));
        scales_[t] = x.scales[t];
      }
    });
  }

  [[nodiscard]] const X* row(std::size_t t) const noexcept { return codes_.data() + t * stride_; }
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
  /// The rows without sums over groups: for gradients, not for another forward pass.
  [[nodiscard]] activation_view<X> view(std::size_t tokens) const noexcept {
    return {codes_.data(), tokens, cols_, stride_, cols_, scales_.data()};
  }

  /// out[t, i] = scale_t * q_t[i] for the rows that `out` has.
  void decode(span2d<float> out, const executor& run) const noexcept {
    run.parallel_for(out.rows, 16, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        for (std::size_t i = 0; i < out.cols; ++i)
          out(t, i) = scales_[t] * static_cast<float>(row(t)[i]);
    });
  }

 private:
  std::size_t cols_ = 0, stride_ = 0;
  aligned_buffer<X> codes_;
  aligned_buffer<float> scales_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
