#ifndef TRILITH_BACKENDS_EPILOGUE_HPP
#define TRILITH_BACKENDS_EPILOGUE_HPP

#include <trilith/backends/backend.hpp>

namespace trilith::inline TRILITH_ABI::backends {

/// y[t, o] = sum_g float(dot(o, g, t)) * (scale[o, g] * x_scale[t]), in the order every backend
/// uses.
///
/// dot(row, n, x) returns the sum over one group: `row` its packed bytes (or elements), n its
/// length, x the activations it meets.
template <class X, class Dot>
TRILITH_EXACT_FLOAT constexpr void for_each_output(const product& p, std::size_t first,
                                                   std::size_t last, Dot&& dot) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  for (std::size_t o = first; o < last; ++o)
    for (std::size_t t = 0; t < p.tokens; ++t) {
      const X* x = static_cast<const X*>(p.x) + t * p.x_stride;
      const auto* row = static_cast<const std::uint8_t*>(p.weights) + o * p.row_bytes;
      float sum = 0.0f;
      for (std::size_t g = 0; g * p.group < p.cols; ++g) {
        const std::size_t n = min_of(p.group, p.cols - g * p.group);
        const auto part = dot(row + g * p.group_bytes, n, x + g * p.group);
        const float scale = p.scales[o * p.scale_row + g * p.scale_group] * p.x_scales[t];
        sum += static_cast<float>(part) * scale;
      }
      p.y[t * p.y_stride + o] = sum;
    }
}

}  // namespace trilith::inline TRILITH_ABI::backends

#endif
