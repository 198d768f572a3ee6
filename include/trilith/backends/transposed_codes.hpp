#ifndef TRILITH_BACKENDS_TRANSPOSED_CODES_HPP
#define TRILITH_BACKENDS_TRANSPOSED_CODES_HPP

#include <trilith/backends/simd/gradient_kernels.hpp>
#include <trilith/core/executor.hpp>
#include <trilith/weights/decode.hpp>

namespace trilith::inline TRILITH_ABI {

/// A matrix of codes [Out, In] turned over, as bytes [In, Out]: what input_gradient() multiplies.
/// Made once, assigned to whenever the weights have changed.
class transposed_codes {
 public:
  transposed_codes() = default;
  transposed_codes(std::size_t out, std::size_t in, std::size_t threads = 1)
      : rows(in),
        cols(out),
        stride(round_up(out, 64)),
        codes(in * stride),
        threads_(threads),
        width_(round_up(in, 64)),
        factors_(out),
        unpacked_(threads * strip * width_) {}

  std::size_t rows = 0, cols = 0;  ///< In, Out
  std::size_t stride = 0;          ///< bytes from one row to the next
  aligned_buffer<std::int8_t> codes;
  float scale = 1.0f;  ///< of all weights; 1 where each output has a scale of its own

  /// The scales of W's rows, [Out]; null where all share one.
  [[nodiscard]] const float* row_factors() const noexcept {
    return has_factors_ ? factors_.data() : nullptr;
  }

  /// Takes the codes and scales of w: [Out, In], which has one scale or one a row. No allocation.
  template <class W, class P>
    requires(W::granularity::group_step == 0)
  void assign(const packed_matrix<W, P>& w, executor run) noexcept {
    TRILITH_PRECONDITION(w.rows == cols && w.cols == rows,
                         "transposed_codes was made for a matrix of another shape.");
    has_factors_ = W::granularity::row_step(w.cols) != 0;
    scale = has_factors_ || w.scales.empty() ? 1.0f : w.scales[0];
    for (std::size_t r = 0; has_factors_ && r < cols; ++r) factors_[r] = w.scale(r, 0);
    run.threads = min_of(run.threads, threads_);
    run.parallel_for(ceil_div(cols, strip), 4,
                     [&](std::size_t first, std::size_t last, std::size_t slot) noexcept {
                       std::int8_t* const rows_of = unpacked_.data() + slot * strip * width_;
                       for (std::size_t i = first; i < last; ++i) {
                         const std::size_t r = i * strip, count = min_of(strip, cols - r);
                         for (std::size_t k = 0; k < count; ++k)
                           unpack_codes(w, r + k, rows_of + k * width_);
                         simd::gradients().transpose_bytes(rows_of, width_, count, rows,
                                                           codes.data() + r, stride);
                       }
                     });
  }

 private:
  static constexpr std::size_t strip = 64;  ///< rows of W at a time: lines of codes are filled

  std::size_t threads_ = 1, width_ = 0;
  bool has_factors_ = false;
  aligned_buffer<float> factors_;
  aligned_buffer<std::int8_t> unpacked_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
