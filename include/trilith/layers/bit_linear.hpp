#ifndef TRILITH_LAYERS_BIT_LINEAR_HPP
#define TRILITH_LAYERS_BIT_LINEAR_HPP

#include <trilith/layers/scheme.hpp>

namespace trilith::inline TRILITH_ABI {

/// y = scale_w * scale_x * (W~ . x~)      W~: [Out, In] codes,  x~: [In] quantised activations
///
/// The 1-bit replacement of a linear layer, to use by itself in any program; transformer layers use
/// the same products. @see arXiv 2402.17764
///
///     using ternary = scheme<weights::ternary<>, activations::int8<>, backends::automatic>;
///     bit_linear<ternary> layer(weights, out, in);   // floats, row-major [out, in]
///     layer.forward({x, tokens, in}, {y, tokens, out});
///
/// @tparam S  weights, activations, backend
/// @tparam P  packing of the codes: packing::bits2 or base3 for ternary weights
template <Scheme S, packing::Packing P = typename S::weights::packing>
class bit_linear {
 public:
  using scheme = S;
  using matrix = packed_matrix<typename S::weights, P>;

  /// Quantises float weights [out, in], row-major. Cost: two passes over them.
  bit_linear(const float* weights, std::size_t out, std::size_t in)
      : bit_linear(pack_matrix<typename S::weights, P>(weights, out, in)) {}
  explicit bit_linear(matrix weights) : weights_(std::move(weights)) {}

  /// y = W x for every row; x: [T, In], y: [T, Out], not overlapping.
  ///
  /// Allocates where T is larger than in all calls before. Not for two threads at once; `run` is
  /// for the threads inside one call.
  void forward(span2d<const float> x, span2d<float> y, const executor& run = {}) {
    if (x.rows > tokens_) {
      tokens_ = x.rows;
      buffer_ = activation_buffer(tokens_, weights_.cols, weights_.groups_per_row());
    }
    apply<S>(weights_, quantize_for<S>(weights_, x, buffer_, run), y, run);
  }

  [[nodiscard]] const matrix& weights() const noexcept { return weights_; }
  [[nodiscard]] std::size_t in() const noexcept { return weights_.cols; }
  [[nodiscard]] std::size_t out() const noexcept { return weights_.rows; }

 private:
  matrix weights_;
  std::size_t tokens_ = 0;
  activation_buffer buffer_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
