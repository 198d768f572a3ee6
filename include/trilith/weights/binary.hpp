#ifndef TRILITH_WEIGHTS_BINARY_HPP
#define TRILITH_WEIGHTS_BINARY_HPP

#include <trilith/packing/bits.hpp>
#include <trilith/weights/scale.hpp>
#include <trilith/weights/statistics.hpp>
#include <trilith/weights/weights.hpp>

namespace trilith::inline TRILITH_ABI::weights {

namespace detail {
inline constexpr std::string_view binary_name = "binary<";
}

/// w ~ scale * code, code in {-1, +1}: code = sign(w - mean W), scale = mean|W|. BitNet b1.
///
/// sign(0) is -1, as the paper has it: a weight equal to the mean becomes -1, and so does every
/// weight of a constant matrix. (PyTorch code that uses torch.sign makes such a weight 0.)
/// @see "BitNet: Scaling 1-bit Transformers", arXiv 2310.11453, equations 1-3.
template <scale::Granularity Scale = scale::per_tensor>
struct binary {
  using policy_kind = weights_kind;
  using granularity = Scale;
  using packing = packing::bits1;
  template <scale::Granularity Other>
  using with_scale = binary<Other>;
  static constexpr std::string_view name =
      joined<detail::binary_name, Scale::name, name_parts::angle>;
  static constexpr int min_code = -1, max_code = 1, code_step = 2;

  [[nodiscard]] static constexpr calibration calibrate(const float* w, std::size_t n) noexcept {
    return {.scale = max_of(mean_absolute(w, n), smallest_scale), .centre = mean(w, n)};
  }
  /// Weights that are codes times a scale already keep their signs: no mean to subtract.
  [[nodiscard]] static constexpr calibration recalibrate(const float* w, std::size_t n) noexcept {
    return {.scale = max_of(mean_absolute(w, n), smallest_scale)};
  }
  [[nodiscard]] static constexpr std::int8_t encode(float w, const calibration& c,
                                                    std::uint64_t) noexcept {
    return w > c.centre ? std::int8_t{1} : std::int8_t{-1};
  }
};

}  // namespace trilith::inline TRILITH_ABI::weights

#endif
