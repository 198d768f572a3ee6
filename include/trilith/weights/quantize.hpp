#ifndef TRILITH_WEIGHTS_QUANTIZE_HPP
#define TRILITH_WEIGHTS_QUANTIZE_HPP

#include <trilith/weights/calibrate.hpp>
#include <trilith/weights/decode.hpp>
#include <trilith/weights/recalibrate.hpp>
#include <trilith/weights/trits.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

template <class W, packing::Packing P>
void encode_group(packed_matrix<W, P>& out, const float* w, std::size_t r, std::size_t g,
                  std::vector<std::int8_t>& codes, const weights::calibration& c) {
  const std::size_t first = g * out.group();
  const std::size_t n = min_of(out.group(), out.cols - first);
  for (std::size_t i = 0; i < n; ++i)
    codes[i] = W::encode(w[r * out.cols + first + i], c, r * out.cols + first + i);
  packing::pack_row<P>(codes.data(), n, out.row(r) + g * out.group_bytes());
  out.scale(r, g) = c.scale;
}

/// w: [rows, cols], contiguous.
template <class W, packing::Packing P>
[[nodiscard]] packed_matrix<W, P> encode_matrix(const float* w, std::size_t rows, std::size_t cols,
                                                const aligned_buffer<weights::calibration>& with) {
  packed_matrix<W, P> out(rows, cols);
  std::vector<std::int8_t> codes(out.group());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t g = 0; g < out.groups_per_row(); ++g)
      encode_group(out, w, r, g, codes, with[calibration_index<W>(r, g, cols)]);
  return out;
}

}  // namespace detail

/// W~ = scale * code for a float matrix [rows, cols], row-major and contiguous.
///
/// Cost: two passes over w (more for the median). @see examples/02_bit_linear.cpp
template <weights::CodedWeights W, packing::Packing P = typename W::packing>
[[nodiscard]] packed_matrix<W, P> pack_matrix(const float* w, std::size_t rows, std::size_t cols) {
  return detail::encode_matrix<W, P>(w, rows, cols, calibrations<W>(w, rows, cols));
}

/// The same of latent weights, with the scales that were learned beside them.
template <weights::CodedWeights W, packing::Packing P = typename W::packing, class Latent>
[[nodiscard]] packed_matrix<W, P> pack_matrix(const Latent& from) {
  return detail::encode_matrix<W, P>(from.elements.data(), from.rows, from.cols,
                                     calibrations<W>(from));
}

/// As pack_matrix, for weights that are codes times a scale already, as dequantize() gives them:
/// repeating dequantize and requantize changes neither codes nor scales (test/unit/quantize.cpp).
template <weights::CodedWeights W, packing::Packing P = typename W::packing>
[[nodiscard]] packed_matrix<W, P> repack_matrix(const float* w, std::size_t rows,
                                                std::size_t cols) {
  return detail::encode_matrix<W, P>(w, rows, cols,
                                     calibrations<W, detail::recalibrated<W>>(w, rows, cols));
}

}  // namespace trilith::inline TRILITH_ABI

#endif
