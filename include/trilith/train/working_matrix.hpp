#ifndef TRILITH_TRAIN_WORKING_MATRIX_HPP
#define TRILITH_TRAIN_WORKING_MATRIX_HPP

#include <trilith/backends/float_product.hpp>
#include <trilith/backends/transposed_codes.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::inline TRILITH_ABI {

/// A matrix of latent weights as the passes of one optimiser step use it: quantised once, and
/// decoded once for the products of the backward pass.
template <weights::Weights W>
struct working_matrix {
  using stored_type = typename storage::packed<packing::preferred>::template matrix<W>;
  static constexpr bool is_coded = weights::CodedWeights<W>;
  /// Whether the latent weights are used as they are.
  static constexpr bool is_latent = std::is_same_v<W, weights::f32>;
  /// Whether gradients can be multiplied with the codes themselves: a row has one scale.
  static constexpr bool turns = [] {
    if constexpr (is_coded)
      return W::granularity::group_step == 0;
    else
      return false;
  }();

  working_matrix() = default;
  working_matrix(std::size_t r, std::size_t c) : rows(r), cols(c) {
    if constexpr (is_latent) {
      stored.rows = r, stored.cols = c;
    } else {
      stored = stored_type(r, c);
      decoded = aligned_buffer<float>(r * c, not_zeroed{});
      values = decoded.data();
    }
  }

  std::size_t rows = 0, cols = 0;
  stored_type stored;             ///< what a packed model would hold; no elements where is_latent
  aligned_buffer<float> decoded;  ///< [rows, cols]; empty where is_latent
  const float* values = nullptr;  ///< [rows, cols]: decoded, or the latent weights
  transposed_codes turned;        ///< of `stored`, where gradients are multiplied by integers
  bool is_blended = false;        ///< values are between the latent and the quantised weights

  [[nodiscard]] float_matrix matrix() const noexcept {
    return span2d<const float>(values, rows, cols);
  }
};

namespace storage {
/// What a training pass multiplies by; see working_matrix.
struct working {
  static constexpr std::string_view name = "working";
  template <weights::Weights W>
  using matrix = working_matrix<W>;
};
}  // namespace storage

}  // namespace trilith::inline TRILITH_ABI

#endif
