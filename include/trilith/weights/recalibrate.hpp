#ifndef TRILITH_WEIGHTS_RECALIBRATE_HPP
#define TRILITH_WEIGHTS_RECALIBRATE_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/weights/weights.hpp>

namespace trilith::inline TRILITH_ABI {

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

}  // namespace detail

}  // namespace trilith::inline TRILITH_ABI

#endif
