#ifndef TRILITH_WEIGHTS_QUANTIZE_HPP
#define TRILITH_WEIGHTS_QUANTIZE_HPP

#include <trilith/weights/matrix.hpp>
#include <trilith/weights/plain.hpp>

#include <array>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// A few codes with ==, for examples and static_asserts: trits{1, 0, -1}.
template <std::size_t N>
struct trits {
  std::array<std::int8_t, N> values{};
  constexpr trits() = default;
  template <class... Ints>
    requires(sizeof...(Ints) == N && N > 0)
  constexpr trits(Ints... codes) : values{static_cast<std::int8_t>(codes)...} {}
  friend constexpr bool operator==(const trits&, const trits&) = default;
};
template <class... Ints>
trits(Ints...) -> trits<sizeof...(Ints)>;

/// The codes of a few weights that share one scale. Works at compile time:
///
///     static_assert(quantize<weights::ternary<>>({0.9f, -0.1f, -2.f}) == trits{1, 0, -1});
template <weights::CodedWeights W, std::size_t N>
[[nodiscard]] constexpr trits<N> quantize(const float (&w)[N]) noexcept {
  const weights::calibration c = W::calibrate(w, N);
  trits<N> out;
  for (std::size_t i = 0; i < N; ++i) out.values[i] = W::encode(w[i], c, i);
  return out;
}

/// The scale those weights share.
template <weights::CodedWeights W, std::size_t N>
[[nodiscard]] constexpr float scale_of(const float (&w)[N]) noexcept {
  return W::calibrate(w, N).scale;
}

namespace detail {

/// Whether every weight is a code times c.scale.
template <weights::CodedWeights W>
[[nodiscard]] constexpr bool gives_back(const float* w, std::size_t n,
                                        const weights::calibration& c) noexcept {
  for (std::size_t i = 0; i < n; ++i)
    if (weights::decode<W>(W::encode(w[i], c, i), c.scale) != w[i]) return false;
  return true;
}

/// c with the scale that fits its codes best: s = <W, T> / <T, T>.
template <weights::CodedWeights W>
[[nodiscard]] constexpr weights::calibration fitted(const float* w, std::size_t n,
                                                    weights::calibration c) noexcept {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double code = W::encode(w[i], c, i);
    sum += static_cast<double>(w[i]) * code;
    squares += code * code;
  }
  if (squares > 0) c.scale = static_cast<float>(sum / squares);
  return c;
}

/// Calibration of weights that are codes times a scale already. A scheme may have its own,
/// W::recalibrate. Otherwise the scale is found again from the weights, so that requantising
/// changes nothing (absmean would shrink it every time): the largest magnitude is some code times
/// it. Of the scales that give every weight back, the one closest to W::calibrate's is taken;
/// where none does, as after an edit, the one that fits best.
template <weights::CodedWeights W>
struct recalibrated {
  [[nodiscard]] static constexpr weights::calibration calibrate(const float* w,
                                                                std::size_t n) noexcept {
    if constexpr (requires { W::recalibrate(w, n); })
      return W::recalibrate(w, n);
    else
      return found_again(w, n);
  }

 private:
  [[nodiscard]] static constexpr weights::calibration found_again(const float* w,
                                                                  std::size_t n) noexcept {
    const weights::calibration first = W::calibrate(w, n);
    const float top = absmax(w, n);
    if (!(top > 0.0f)) return first;
    weights::calibration best = first;
    float least = 0.0f;  // how many times larger than the other one of two scales is; 0: none found
    for (int code = max_of(-W::min_code, W::max_code); code > 0; --code)
      for (std::uint32_t ulps = 0; ulps < 3; ++ulps) {
        weights::calibration c = first;
        c.scale = std::bit_cast<float>(
            std::bit_cast<std::uint32_t>(top / static_cast<float>(code)) + 1 - ulps);
        const float away = max_of(c.scale / first.scale, first.scale / c.scale);
        if ((least > 0.0f && away >= least) || !gives_back<W>(w, n, c)) continue;
        best = c;
        least = away;
      }
    return least > 0.0f ? best : fitted<W>(w, n, first);
  }
};

template <class W, packing::Packing P, class Calibrator>
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
template <class W, packing::Packing P, class Calibrator>
[[nodiscard]] packed_matrix<W, P> encode_matrix(const float* w, std::size_t rows,
                                                std::size_t cols) {
  packed_matrix<W, P> out(rows, cols);
  std::vector<std::int8_t> codes(out.group());
  constexpr bool whole = std::is_same_v<typename W::granularity, scale::per_tensor>;
  weights::calibration c{};
  if constexpr (whole) c = Calibrator::calibrate(w, rows * cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t g = 0; g < out.groups_per_row(); ++g) {
      const std::size_t first = g * out.group();
      if constexpr (!whole)
        c = Calibrator::calibrate(w + r * cols + first, min_of(out.group(), cols - first));
      encode_group<W, P, Calibrator>(out, w, r, g, codes, c);
    }
  return out;
}

}  // namespace detail

/// W~ = scale * code for a float matrix [rows, cols], row-major and contiguous.
///
/// Cost: two passes over w (more for the median). @see examples/02_bit_linear.cpp
template <weights::CodedWeights W, packing::Packing P = typename W::packing>
[[nodiscard]] packed_matrix<W, P> pack_matrix(const float* w, std::size_t rows, std::size_t cols) {
  return detail::encode_matrix<W, P, W>(w, rows, cols);
}

/// As pack_matrix, for weights that are codes times a scale already, as dequantize() gives them:
/// repeating dequantize and requantize changes neither codes nor scales (test/unit/quantize.cpp).
template <weights::CodedWeights W, packing::Packing P = typename W::packing>
[[nodiscard]] packed_matrix<W, P> repack_matrix(const float* w, std::size_t rows,
                                                std::size_t cols) {
  return detail::encode_matrix<W, P, detail::recalibrated<W>>(w, rows, cols);
}

/// All codes of row r, in order; codes: [cols].
template <class W, class P>
void unpack_codes(const packed_matrix<W, P>& m, std::size_t r, std::int8_t* codes) noexcept {
  for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
    const std::size_t first = g * m.group();
    packing::unpack_row<P>(m.row(r) + g * m.group_bytes(), min_of(m.group(), m.cols - first),
                           codes + first);
  }
}

/// out_i = scale * code_i for row r; out: [cols]. Exact.
template <class W, class P>
void decode_row(const packed_matrix<W, P>& m, std::size_t r, float* out) noexcept {
  std::int8_t codes[P::block];
  for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
    const std::size_t start = g * m.group();
    const std::size_t n = min_of(m.group(), m.cols - start);
    for (std::size_t first = 0; first < n; first += P::block) {
      const std::size_t count =
          packing::unpack_block<P>(m.row(r) + g * m.group_bytes(), n, first, codes);
      for (std::size_t i = 0; i < count; ++i)
        out[start + first + i] = weights::decode<W>(codes[i], m.scale(r, g));
    }
  }
}
template <class W>
void decode_row(const plain_matrix<W>& m, std::size_t r, float* out) noexcept {
  for (std::size_t i = 0; i < m.cols; ++i) out[i] = W::load(m.row(r)[i]);
}

/// The same codes and scales in another packing. Lossless.
template <packing::Packing To, class W, class From>
[[nodiscard]] packed_matrix<W, To> change_packing(const packed_matrix<W, From>& m) {
  packed_matrix<W, To> out(m.rows, m.cols);
  out.scales = m.scales;
  std::vector<std::int8_t> codes(m.cols);
  for (std::size_t r = 0; r < m.rows; ++r) {
    unpack_codes(m, r, codes.data());
    for (std::size_t g = 0; g < m.groups_per_row(); ++g) {
      const std::size_t first = g * m.group();
      packing::pack_row<To>(codes.data() + first, min_of(m.group(), m.cols - first),
                            out.row(r) + g * out.group_bytes());
    }
  }
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
